import { alertSettings } from '../../alert-settings.ts';
import type { StageContext } from '../../stage-context.ts';
import { allowRead } from '../secrets-stack.ts';
import { type ApiParts, commonFacts, type FunctionFacts } from './function-facts.ts';

/** The function of the API that shows alerts and says where they are told. It tells none itself. */
export function alertFunctionFacts(stage: StageContext, parts: ApiParts): FunctionFacts {
  const { data, secrets } = parts;
  const { ledger, audit, idempotency, accessHeads } = commonFacts(stage, parts);
  return {
    name: 'alerts-api',
    description: 'Alerts, their statistics, and the channels that tell them. No keys, nothing of wallets.',
    permissions: [
      // Get, because a failed condition shows the item.
      data.logs.allowRows(['ALERT#*'], 'BatchGetItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'),
      data.logs.allowRows(['ALERT_STATS#*'], 'BatchGetItem'),
      ...(['gsi1', 'gsi3', 'gsi4'] as const).map((index) => data.logs.allowIndexQuery(index)),
      data.notify.allowRows(['ALERT_CHANNELS'], 'GetItem', 'PutItem', 'Query'),
      accessHeads,
      data.audit.allowRows(['access:*', 'alr_*', 'chn_*'], 'PutItem'),
      idempotency,
      allowRead(secrets.notify, secrets.signing),
    ],
    environment: {
      ...ledger,
      ...audit,
      ...alertSettings(stage.config),
      LOGS_TABLE: data.logs.tableName,
      NOTIFY_TABLE: data.notify.tableName,
      NOTIFY_SECRET_ARN: secrets.notify.secretArn,
      SIGNING_SECRET_ARN: secrets.signing.secretArn,
      ALERT_RECIPIENT_DOMAINS: JSON.stringify(stage.config.alerts.email?.recipient_domains ?? []),
    },
    errorImpact: 'Operators cannot list or acknowledge alerts, which are told all the same, or change where.',
  };
}
