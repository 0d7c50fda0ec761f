import { MetricUnit, Metrics as PowertoolsMetrics } from '@aws-lambda-powertools/metrics';

/** What Haven counts. A metric that is not here cannot be emitted, so that alarms and docs can rely on the names. */
export type MetricName =
  | 'RequestRefused'
  | 'RequestFailed'
  | 'RateLimited'
  | 'RateLimiterUnavailable'
  | 'AuthenticationRefused'
  | 'AuthenticationFault'
  | 'LockoutStarted'
  | 'WalletCreated'
  /** Wallets that wait in the pool after a refill: a level, not a count, of which alarms take the highest. */
  | 'DepositPoolFree'
  | 'DepositPoolRefillFailed'
  | 'DepositPoolKickNotSent'
  | 'DepositWalletTaken'
  | 'WalletRevoked'
  | 'WalletRotated'
  | 'KeyExported'
  | 'KeyDestroyed'
  | 'KeyDestructionFailed'
  | 'KmsKeyUnaccounted'
  | 'MessageSigned'
  | 'MessageRefused'
  | 'PolicyDenied'
  | 'BalanceLow'
  | 'TopUpAccepted'
  | 'TopUpFailed'
  | 'DepositSweepAccepted'
  /** Coin that was sent to a deposit address, so that it can send a token on. */
  | 'DepositGasFunded'
  | 'DepositSweepDone'
  | 'DepositSweepFailed'
  | 'DepositSweepHeld'
  | 'DepositSweepsCutOff'
  | 'SweepAccepted'
  | 'SweepDone'
  | 'SweepFailed'
  | 'SweepHeld'
  | 'SweepsCutOff'
  | 'TransactionAccepted'
  | 'TransactionSigned'
  | 'TransactionConfirmed'
  | 'TransactionReverted'
  | 'TransactionFailed'
  | 'TransactionReorged'
  | 'BroadcastRefused'
  | 'LaneHeld'
  | 'LaneRunFailed'
  | 'KeyRefused'
  | 'RpcUnavailable'
  | 'RpcWrongChain'
  | 'RpcHeadFromFuture'
  | 'CircuitOpened'
  | 'BreakerStoreUnavailable'
  | 'NonceUsedByOthers'
  | 'FinalityDisputed'
  | 'SecondOpinionMissing'
  | 'TransactionReplaced'
  | 'GapFilled'
  | 'NonceGapSeen'
  | 'KickNotSent'
  | 'AuditBroken'
  | 'AuditAnchored'
  | 'AuditAnchorsCurrent'
  | 'RefusalNotRecorded'
  | 'UserCreated'
  | 'ProductCreated'
  | 'LowStock'
  /** Runs of the reconciler that looked at everything. */
  | 'StockReconciled'
  /** Shards that have counted otherwise than orders and carts hold. */
  | 'StockDrift'
  | 'RedemptionAccepted'
  | 'RedemptionCompleted'
  | 'RedemptionFailed'
  | 'OrderPlaced'
  | 'OrderPaid'
  | 'OrderFulfilled'
  | 'OrderCancelled'
  | 'OrderExpired'
  | 'OrderNotSettled'
  | 'OrdersCutOff'
  | 'OrderPaymentUndone'
  | 'PaymentBlocksRead'
  | 'PaymentScanFailed'
  /** Passes that ended far behind the head of their chain. */
  | 'PaymentScanBehind'
  | 'PaymentScanReorg'
  | 'PaymentScanDeepReorg'
  | 'PaymentDisputed'
  | 'PaymentNotChecked'
  /** Orders that expired without a look at their balance. */
  | 'PaymentBalanceUnknown'
  /** Payments, or orders with them, that a look could not be finished of. */
  | 'PaymentLookFailed'
  | 'PaymentRepaired'
  | 'ScanKickNotSent'
  | 'RefundAccepted'
  | 'RefundRecorded'
  | 'RefundConfirmed'
  | 'RefundFailed'
  /** Webhooks of processors that were acted on, were acted on before, were not signed as they should be, or tell of what no order has. */
  | 'PaymentWebhookApplied'
  | 'PaymentWebhookRepeated'
  | 'PaymentWebhookUnsigned'
  | 'PaymentWebhookUnmatched'
  | 'OutboxDelivered'
  | 'OutboxFailed'
  | 'OutboxWakeNotSent'
  | 'CartCreated'
  | 'CartTampered'
  /** Carts that the sweeper deleted because their time is over. */
  | 'CartDeleted'
  /** Carts whose reservations the sweeper gave back. */
  | 'CartReservationsLapsed'
  | 'CartNotSwept'
  | 'CartSweepCutOff'
  /** Runs of scheduled functions that ended well, that threw, and how long each took. */
  | 'JobRan'
  | 'JobFailed'
  | 'JobDurationMs'
  /** Calls of KMS without an answer that says anything of the key: no answer, a fault, a quota, a key that is disabled, a right that is missing. */
  | 'KmsCallFailed'
  /** Errors that were kept for operators; and security events, by kind (shared/platform/log/kept-lines.ts). */
  | 'ErrorKept'
  | 'SecurityAuthenticationFailed'
  | 'SecurityLockedOut'
  | 'SecurityAccessDenied'
  | 'SecurityForbidden'
  | 'SecurityPolicyDenied'
  | 'SecurityCartTampered'
  | 'SecurityRateLimited'
  | 'SecurityWebhookUnsigned'
  | 'SecurityUnknownId'
  | 'AlertRecorded'
  | 'CriticalAlert'
  | 'AlertDelivered'
  | 'AlertNotDelivered'
  | 'AlertGivenUp'
  | 'AlertHeldBack'
  /** Alerts that nobody was told of, because there is no channel that wants to hear of them. */
  | 'AlertWithoutChannel'
  | 'AlertNotWorked'
  | 'AlertChannelsUnusable'
  /** Runs of the monitor that came to their end. */
  | 'MonitorRan'
  /** How long a run of the monitor took. */
  | 'MonitorMilliseconds'
  | 'MonitorCheckFailed'
  /** Conditions that are open at the end of a run: a level, of which alarms take the highest. */
  | 'ConditionsOpen'
  | 'ConditionNotStored'
  /** Orders that wait for money when the monitor looks: a level, of which the alarm on a silent shop takes the lowest. */
  | 'OrdersOpen'
  | 'WebhookEventPlanned'
  | 'WebhookEventNotPlanned'
  | 'WebhookDelivered'
  | 'WebhookNotDelivered'
  | 'WebhookGivenUp'
  | 'WebhookEndpointDisabled'
  | 'WebhookEndpointNotWorked'
  | 'WebhookWakeNotSent'
  | 'OrderMailSent'
  | 'OrderMailNotSent'
  | 'OrderMailGivenUp'
  | 'OrderMailNotWorked';

/** Counts that alarms sound on whichever function makes them: they are written once more, without the dimension `service`. */
export const OVERALL_METRICS = ['CriticalAlert', 'WebhookWakeNotSent'] as const satisfies readonly MetricName[];

/** A count that is also made over all functions. */
export type OverallMetric = (typeof OVERALL_METRICS)[number];

/** Counts things that happened. */
export interface Metrics {
  /** Adds to a count; of a metric whose name ends with `Ms`, notes how long something took. */
  count(name: MetricName, value?: number): void;
}

/** The CloudWatch namespace of all of Haven's own metrics. */
export const METRICS_NAMESPACE = 'Haven';

const OVERALL: ReadonlySet<MetricName> = new Set(OVERALL_METRICS);

/**
 * Metrics of a deployed function, by Embedded Metric Format on standard output: one line a count, no call to
 * CloudWatch on the request path.
 *
 * @param serviceName the function group; becomes the `service` dimension
 */
export function createLambdaMetrics(serviceName: string): Metrics {
  const metrics = new PowertoolsMetrics({ namespace: METRICS_NAMESPACE, serviceName });
  const overall = new PowertoolsMetrics({ namespace: METRICS_NAMESPACE, serviceName });
  overall.clearDefaultDimensions();
  return {
    count(name, value = 1) {
      if (OVERALL.has(name)) {
        // One set of dimensions, with none in it.
        overall.addDimensions({});
        overall.addMetric(name, MetricUnit.Count, value);
        overall.publishStoredMetrics();
      }
      metrics.addMetric(name, name.endsWith('Ms') ? MetricUnit.Milliseconds : MetricUnit.Count, value);
      metrics.publishStoredMetrics();
    },
  };
}
