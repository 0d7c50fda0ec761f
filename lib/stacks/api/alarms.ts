import { Duration, type Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { createCountAlarm } from '../../constructs/counted-alarm.ts';
import type { RouteApi } from '../../constructs/route-api.ts';
import { createStageAlarm } from '../../constructs/stage-alarm.ts';
import type { StageContext } from '../../stage-context.ts';

/** Share of requests that may fail before an alarm sounds. */
const FAILURE_RATE = 0.01;
/** Requests that policies refuse within five minutes: more than a person's mistakes. */
const REPEATED_DENIALS = 5;

/** Milliseconds that the slowest in a hundred may take. Two tries at an RPC endpoint that doesn't answer are about that. */
const SLOW_MS = 5_000;

/**
 * The alarm on requests that fail. By the minute, because a gradual deployment waits for it: three bad minutes of five are a fault
 * that an unlucky request is not.
 */
export function alarmOnServerErrors(stack: Stack, stage: StageContext): cloudwatch.Alarm {
  return createStageAlarm(stack, 'ServerErrors', {
    stage,
    name: 'api-5xx',
    description: 'More than 1 % of requests fail, in three of five minutes. Clients get errors.',
    harm: 'checkout',
    metric: new cloudwatch.Metric({
      namespace: 'AWS/ApiGateway',
      metricName: '5XXError',
      dimensionsMap: { ApiName: stage.resourceName('api') },
      statistic: 'Average',
      period: Duration.minutes(1),
    }),
    threshold: FAILURE_RATE,
    evaluationPeriods: 5,
    datapointsToAlarm: 3,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
}

/** The alarms on what API functions count; docs/operations.md has what to do about each. */
export function alarmOnApi(stack: Stack, stage: StageContext, routes: RouteApi): void {
  createStageAlarm(stack, 'Latency', {
    stage,
    name: 'api-latency',
    description: 'One request in a hundred takes longer than five seconds. Clients wait, and some give up.',
    harm: 'requests',
    metric: routes.api.metricLatency({ period: Duration.minutes(5), statistic: 'p99' }),
    threshold: SLOW_MS,
    evaluationPeriods: 3,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
  createCountAlarm(stack, 'RefusedMessageKeys', {
    stage,
    name: 'message-key-refused',
    harm: 'keys',
    description:
      'The key of a wallet does not decrypt or is not its own. Its row or the KMS key may have been tampered with.',
    metric: 'KeyRefused',
    countedBy: 'message-signer',
    threshold: 1,
  });
  for (const [countedBy, suffix] of [
    ['wallet-provisioner', ''],
    ['wallet-rotator', '-by-rotator'],
  ] as const) {
    createCountAlarm(stack, `UnaccountedKeys${suffix}`, {
      stage,
      name: `kms-key-unaccounted${suffix}`,
      description: 'KMS may have made a key that no wallet has. It costs a dollar a month and controls nothing.',
      metric: 'KmsKeyUnaccounted',
      countedBy,
      threshold: 1,
    });
  }
  // Its alert is told by the alert channels too; this one needs none.
  createCountAlarm(stack, 'RevokedWallets', {
    stage,
    name: 'critical-alert-by-wallet-rotator',
    harm: 'told',
    description: 'A wallet was revoked for good. If nobody told you of it, somebody stops your payments.',
    metric: 'CriticalAlert',
    countedBy: 'wallet-rotator',
    threshold: 1,
  });
  createCountAlarm(stack, 'RefusedMessages', {
    stage,
    name: 'messages-refused',
    description:
      'Someone keeps asking for signatures that are refused. A key with the scope wallets:sign may be stolen.',
    metric: 'MessageRefused',
    countedBy: 'message-signer',
    threshold: 5,
  });
  for (const countedBy of ['transactions-api', 'token-api'] as const) {
    createCountAlarm(stack, `DeniedBy-${countedBy}`, {
      stage,
      name: `policy-denied-by-${countedBy}`,
      description:
        'Policies of wallets refuse request after request. Someone may be trying what a key is not meant for.',
      metric: 'PolicyDenied',
      countedBy,
      threshold: REPEATED_DENIALS,
    });
  }
  createCountAlarm(stack, 'TamperedCarts', {
    stage,
    name: 'cart-tampered',
    harm: 'told',
    description: 'A cart is not as Haven wrote it. Somebody else can write to the shop table.',
    metric: 'CartTampered',
    countedBy: 'storefront-api',
    threshold: 1,
  });
  createCountAlarm(stack, 'OpenedCircuits', {
    stage,
    name: 'api-circuit-opened',
    harm: 'told',
    description: 'A circuit before an RPC endpoint opened. The API uses the others, if there are any.',
    metric: 'CircuitOpened',
    countedBy: 'token-api',
    threshold: 1,
  });
  createCountAlarm(stack, 'BrokenAudit', {
    stage,
    name: 'audit-broken',
    harm: 'keys',
    description: 'An audit stream does not verify. Someone may have changed what no function may change.',
    metric: 'AuditBroken',
    countedBy: 'custody-api',
    threshold: 1,
  });
}
