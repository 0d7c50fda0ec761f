import type { Stack } from 'aws-cdk-lib';
import { createCountAlarm } from '../../constructs/counted-alarm.ts';
import { processorSettings } from '../../stage/payment-processors.ts';
import type { StageContext } from '../../stage-context.ts';
import { allowRead } from '../secrets-stack.ts';
import { type ApiParts, commonFacts, type FunctionFacts } from './function-facts.ts';

/** The function that payment processors call. It has no key, no chain and nothing of wallets, and reads of the shop only the order that is told of. */
export function processorFunctionFacts(stage: StageContext, parts: ApiParts) {
  const { data, secrets } = parts;
  const { audit } = commonFacts(stage, parts);
  return {
    name: 'payment-webhooks',
    description: 'Takes what payment processors tell, checks its signature, and settles orders by it. No keys, no KMS.',
    permissions: [
      data.shop.allowRows(['ORDER#*'], 'PutItem', 'Query'),
      // Get, because a failed condition shows the item.
      data.shop.allowRows(['STOCK#*'], 'GetItem', 'UpdateItem'),
      data.shop.allowRows(['PROCESSOR_INVOICE#*'], 'GetItem'),
      data.shop.allowRows(
        ['NOTICE#*', 'PROCESSOR_DELIVERY#*', 'PROCESSOR_PAYMENT#*', 'PROCESSOR_TRANSACTION#*'],
        'PutItem',
      ),
      data.audit.allowRows(['ord_*'], 'PutItem'),
      data.logs.allowRows(['ALERT#*'], 'PutItem'),
      allowRead(secrets.processors),
    ],
    environment: {
      ...audit,
      ...processorSettings(stage.config),
      PROCESSOR_GRACE_SECONDS: String(stage.config.shop.processor_grace_seconds),
      SHOP_TABLE: data.shop.tableName,
      LOGS_TABLE: data.logs.tableName,
      PROCESSORS_SECRET_ARN: secrets.processors.secretArn,
    },
    errorImpact: 'Payments that processors tell of are not seen.',
    harm: 'checkout',
  } satisfies FunctionFacts;
}

/** Within five minutes: more than a secret that is just being replaced explains. */
const UNSIGNED_WEBHOOKS = 10;

/** What sounds when processors are not understood. */
export function alarmOnWebhooks(stack: Stack, stage: StageContext): void {
  createCountAlarm(stack, 'UnsignedWebhooks', {
    stage,
    name: 'webhooks-unsigned',
    description:
      "Webhooks of payment processors come with signatures that are not theirs. Somebody tries to forge payments, or a processor's secret is not the one that Haven has.",
    metric: 'PaymentWebhookUnsigned',
    countedBy: 'payment-webhooks',
    threshold: UNSIGNED_WEBHOOKS,
  });
  createCountAlarm(stack, 'UnmatchedWebhooks', {
    stage,
    name: 'webhooks-unmatched',
    harm: 'told',
    description:
      "A processor tells of money that no order has, or that was told of for another. The alerts of this time name the processor's invoice.",
    metric: 'PaymentWebhookUnmatched',
    countedBy: 'payment-webhooks',
    threshold: 1,
  });
}
