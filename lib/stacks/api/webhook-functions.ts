import { ALL_ENDPOINTS } from '#shared/webhooks/keys.ts';
import type { StageContext } from '../../stage-context.ts';
import { allowRead } from '../secrets-stack.ts';
import { type ApiParts, commonFacts, type FunctionFacts } from './function-facts.ts';

/** The function by which integrators say where they are told of events. It calls nobody, and has nothing of orders, wallets or keys. */
export function webhookFunctionFacts(stage: StageContext, parts: ApiParts) {
  const { data, secrets, webhooks } = parts;
  const { ledger, audit, idempotency, accessHeads } = commonFacts(stage, parts);
  return {
    name: 'webhooks-api',
    description: 'Makes, changes and shows webhook endpoints and their deliveries. No keys, nothing of orders.',
    permissions: [
      data.notify.allowRows(
        ['WEBHOOK_ENDPOINT#*', 'WEBHOOK_STANDING#*', 'WEBHOOK_DELIVERY#*', 'WEBHOOK_EVENT#*'],
        'GetItem',
        'PutItem',
      ),
      data.notify.allowRows(['WEBHOOK_ENDPOINT#*', 'WEBHOOK_DELIVERY#*', 'WEBHOOK_EVENT#*'], 'BatchGetItem'),
      data.notify.allowRows(['WEBHOOK_STANDING#*'], 'DeleteItem'),
      data.notify.allowRows([ALL_ENDPOINTS], 'Query', 'PutItem', 'DeleteItem'),
      data.notify.allowIndexQuery('gsi1'),
      data.notify.allowIndexQuery('gsi3'),
      accessHeads,
      data.audit.allowRows(['access:*', 'whe_*'], 'PutItem'),
      idempotency,
      allowRead(secrets.signing, secrets.notify),
      webhooks.wakes.allowSend(),
    ],
    environment: {
      ...ledger,
      ...audit,
      NOTIFY_TABLE: data.notify.tableName,
      SIGNING_SECRET_ARN: secrets.signing.secretArn,
      NOTIFY_SECRET_ARN: secrets.notify.secretArn,
      WEBHOOK_QUEUE_URL: webhooks.wakes.queue.queueUrl,
      WEBHOOK_EXEMPT_HOSTS: JSON.stringify(stage.config.webhook_exempt_hosts),
    },
    errorImpact: 'Webhook endpoints cannot be made or changed.',
  } satisfies FunctionFacts;
}
