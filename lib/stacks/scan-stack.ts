import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { breakerSettings } from '../breaker-settings.ts';
import { chainSettings } from '../chain-settings.ts';
import { createCountAlarm } from '../constructs/counted-alarm.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import { createMissedRuns, MAX_RUN_AGE, scheduleEachMinute } from '../constructs/minute-schedule.ts';
import { WorkerQueue } from '../constructs/worker-queue.ts';
import type { StageContext } from '../stage-context.ts';
import type { DataStack } from './data-stack.ts';
import { allowRead, type SecretsStack } from './secrets-stack.ts';

/** The stacks that scanning chains builds on. */
export interface ScanStackProps extends StackProps {
  readonly data: DataStack;
  readonly secrets: SecretsStack;
}

/** Below a minute, so that runs don't overlap as a rule; they may. */
const TIMEOUT = Duration.seconds(50);
/** A kick carries no work, so giving one up early loses nothing. */
const KICK_RECEIVES = 5;
/** Kicks that wait so long are felt: what they ask for is done by the schedule. */
const MAX_KICK_AGE = Duration.minutes(5);
/** Passes at once that kicks may start: two of one chain at once end as one does, and only cost. */
const KICKED_AT_ONCE = 5;
/** Within five minutes: the schedule tries each minute, so a chain that fails every time. */
const FAILED_SCANS = 4;

/** What finds payments on chains and settles orders by them: no timer is trusted. It has no key. */
export class ScanStack extends Stack {
  readonly kicks: WorkerQueue;
  readonly scanner: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, props: ScanStackProps) {
    super(scope, id, props);
    const { data, secrets } = props;
    const impact = 'Payments are not seen, and orders that nobody paid keep their pieces out of sale.';
    this.kicks = new WorkerQueue(this, 'Kicks', {
      stage,
      name: 'scan-kicks',
      fifo: false,
      consumerTimeout: TIMEOUT,
      consumerHolds: false,
      maxReceiveCount: KICK_RECEIVES,
      maxAge: MAX_KICK_AGE,
      errorImpact: 'Payments are seen up to a minute later.',
    });
    const missedRuns = createMissedRuns(this, {
      stage,
      of: 'scan-schedule',
      subject: 'The schedule that reads chains for payments',
      owner: 'the payment scanner',
      errorImpact: impact,
    });
    this.scanner = new HavenFunction(this, 'PaymentScanner', {
      stage,
      name: 'payment-scanner',
      description: 'Reads chains for payments, and settles orders by what it has read and by their deadlines. No keys.',
      memoryMb: 1_024,
      timeout: TIMEOUT,
      calledBy: { kind: 'schedule', missedRuns, maxEventAge: MAX_RUN_AGE },
      permissions: [
        data.shop.allowRows(['ORDER#*'], 'BatchGetItem', 'PutItem', 'Query'),
        data.shop.allowRows(['DEPOSIT_SWEEP#*', 'PAYMENT_ADDRESS#*'], 'BatchGetItem'),
        data.shop.allowRows(['SCAN#*'], 'GetItem', 'PutItem'),
        // Get, because a failed condition shows the item.
        data.shop.allowRows(['STOCK#*'], 'GetItem', 'UpdateItem'),
        data.shop.allowRows(['NOTICE#*'], 'PutItem'),
        data.shop.allowIndexQuery('gsi2'),
        data.shop.allowIndexQuery('gsi3'),
        // Where the HAVEN token is.
        data.ledger.allowRows(['TOKEN#HAVEN'], 'GetItem'),
        data.audit.allowRows(['ord_*'], 'PutItem'),
        data.logs.allowRows(['ALERT#*'], 'PutItem'),
        // Circuits before RPC endpoints.
        data.ephemeral.allow('GetItem', 'PutItem'),
        this.kicks.allowConsume(),
        this.kicks.allowSend(),
        allowRead(secrets.rpc),
      ],
      environment: {
        SHOP_TABLE: data.shop.tableName,
        LEDGER_TABLE: data.ledger.tableName,
        AUDIT_TABLE: data.audit.tableName,
        LOGS_TABLE: data.logs.tableName,
        EPHEMERAL_TABLE: data.ephemeral.tableName,
        RPC_SECRET_ARN: secrets.rpc.secretArn,
        SCAN_QUEUE_URL: this.kicks.queue.queueUrl,
        ...chainSettings(stage.config),
        ...breakerSettings(stage.config),
      },
      errorImpact: impact,
      harm: 'checkout',
    });
    this.kicks.consumeWith(this.scanner.function, KICKED_AT_ONCE);
    scheduleEachMinute(this, 'ScanChains', {
      stage,
      name: 'scan-chains',
      description: 'Reads every chain for payments',
      target: this.scanner,
      targetInWords: 'the payment scanner',
      missedRuns,
    });
    createAlarms(this, stage, impact);
  }
}

function createAlarms(scope: Construct, stage: StageContext, impact: string): void {
  const countedBy = 'payment-scanner' as const;
  createCountAlarm(scope, 'FailedScans', {
    stage,
    name: 'payment-scans-failed',
    harm: 'checkout',
    description: `A chain cannot be read for payments. ${impact}`,
    metric: 'PaymentScanFailed',
    countedBy,
    threshold: FAILED_SCANS,
  });
  createCountAlarm(scope, 'ScansBehind', {
    stage,
    name: 'payment-scans-behind',
    description: `A chain is read more slowly than it grows. ${impact}`,
    metric: 'PaymentScanBehind',
    countedBy,
    threshold: FAILED_SCANS,
  });
  createCountAlarm(scope, 'DeepReorgs', {
    stage,
    name: 'payment-deep-reorg',
    harm: 'told',
    description: 'A chain has left every block that was known of it. Payments that were confirmed may be gone.',
    metric: 'PaymentScanDeepReorg',
    countedBy,
    threshold: 1,
  });
  createCountAlarm(scope, 'DisputedPayments', {
    stage,
    name: 'payments-disputed',
    harm: 'told',
    description: 'RPC endpoints contradict each other about a payment. Its order is not paid before they agree.',
    metric: 'PaymentDisputed',
    countedBy,
    threshold: 1,
  });
  createCountAlarm(scope, 'FailedLooks', {
    stage,
    name: 'payment-looks-failed',
    description: 'A look at a payment fails each time. Its order is not paid before it succeeds.',
    metric: 'PaymentLookFailed',
    countedBy,
    threshold: FAILED_SCANS,
  });
  createCountAlarm(scope, 'UnknownBalances', {
    stage,
    name: 'orders-balance-unknown',
    description:
      'Orders have expired whose balance no RPC endpoint could tell. Money that a contract sent to them in time was not seen.',
    metric: 'PaymentBalanceUnknown',
    countedBy,
    threshold: 1,
  });
  createCountAlarm(scope, 'FailedOrders', {
    stage,
    name: 'orders-not-settled',
    description: 'An order that is due cannot be settled. It keeps its pieces out of sale.',
    metric: 'OrderNotSettled',
    countedBy,
    threshold: FAILED_SCANS,
  });
  createCountAlarm(scope, 'CutOffOrders', {
    stage,
    name: 'orders-cut-off',
    description: 'More orders are due than a minute is enough for. They keep their pieces out of sale.',
    metric: 'OrdersCutOff',
    countedBy,
    threshold: 5,
  });
  createCountAlarm(scope, 'UndonePayments', {
    stage,
    name: 'order-payment-undone',
    harm: 'told',
    description:
      'Payments that an order was settled by have gone from the chain. What it ordered may be given away for nothing.',
    metric: 'OrderPaymentUndone',
    countedBy,
    threshold: 1,
  });
}
