import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { createCountAlarm } from '../constructs/counted-alarm.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import { createMissedRuns, MAX_RUN_AGE, scheduleEachMinute } from '../constructs/minute-schedule.ts';
import { WorkerQueue } from '../constructs/worker-queue.ts';
import type { StageContext } from '../stage-context.ts';
import type { DataStack } from './data-stack.ts';
import { WALLET_ROWS } from './wallet-context.ts';

/** The stacks that the outbox builds on. */
export interface OutboxStackProps extends StackProps {
  readonly data: DataStack;
}

const WORKER_TIMEOUT = Duration.seconds(20);
/** A wake carries no work, so giving one up early loses nothing. */
const WAKE_RECEIVES = 5;
/** Wakes that wait so long are felt: what they name is done by the schedule a minute later at most. */
const MAX_WAKE_AGE = Duration.minutes(5);
/** Within five minutes: the schedule tries a message each minute, so one that fails every time. */
const FAILED_DELIVERIES = 3;

/** The outbox: what acts on facts that other parts of Haven stored, and what makes sure that none is forgotten. */
export class OutboxStack extends Stack {
  readonly wakes: WorkerQueue;
  readonly worker: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, props: OutboxStackProps) {
    super(scope, id, props);
    const { data } = props;
    const impact = 'Redemptions and refunds stay pending although their transactions have ended.';
    this.wakes = new WorkerQueue(this, 'Wakes', {
      stage,
      name: 'outbox-wakes',
      fifo: false,
      consumerTimeout: WORKER_TIMEOUT,
      consumerHolds: false,
      maxReceiveCount: WAKE_RECEIVES,
      maxAge: MAX_WAKE_AGE,
      errorImpact: impact,
    });
    const missedRuns = createMissedRuns(this, {
      stage,
      of: 'outbox-schedule',
      subject: 'The schedule that delivers the outbox',
      owner: 'the outbox worker',
      errorImpact: impact,
    });
    this.worker = new HavenFunction(this, 'OutboxWorker', {
      stage,
      name: 'outbox-worker',
      description: 'Acts on what ended: ends redemptions, refunds and refunded orders. No keys, no chain.',
      memoryMb: 512,
      timeout: WORKER_TIMEOUT,
      calledBy: { kind: 'schedule', missedRuns, maxEventAge: MAX_RUN_AGE },
      permissions: [
        data.ledger.allow('GetItem'),
        data.ledger.allowRowsBut(WALLET_ROWS, 'PutItem', 'DeleteItem'),
        data.ledger.allowIndexQuery('gsi1'),
        data.audit.allowRows(['ord_*', 'red_*'], 'PutItem'),
        data.shop.allowRows(['ORDER#*'], 'PutItem', 'Query'),
        data.shop.allowRows(['NOTICE#*'], 'PutItem'),
        data.logs.allowRows(['ALERT#*'], 'PutItem'),
        this.wakes.allowConsume(),
      ],
      environment: {
        LEDGER_TABLE: data.ledger.tableName,
        AUDIT_TABLE: data.audit.tableName,
        SHOP_TABLE: data.shop.tableName,
        LOGS_TABLE: data.logs.tableName,
      },
      errorImpact: impact,
    });
    this.wakes.consumeWith(this.worker.function, stage.config.lane_worker_concurrency);
    scheduleEachMinute(this, 'DeliverOutbox', {
      stage,
      name: 'deliver-outbox',
      description: 'Delivers everything that is in the outbox',
      target: this.worker,
      targetInWords: 'the outbox worker',
      missedRuns,
    });
    createCountAlarm(this, 'FailedDeliveries', {
      stage,
      name: 'outbox-failed',
      description: `Something in the outbox cannot be delivered. ${impact}`,
      metric: 'OutboxFailed',
      countedBy: 'outbox-worker',
      threshold: FAILED_DELIVERIES,
    });
    createCountAlarm(this, 'FailedRefunds', {
      stage,
      name: 'refund-failed',
      harm: 'told',
      description:
        'The transaction of a refund ended without its effect. A customer waits for money until you ask anew.',
      metric: 'RefundFailed',
      countedBy: 'outbox-worker',
      threshold: 1,
    });
    createCountAlarm(this, 'UncoveredRefunds', {
      stage,
      name: 'critical-alert-by-outbox-worker',
      harm: 'told',
      description:
        'Money that was given back has gone from the chain since. What the treasury sent was never received.',
      metric: 'CriticalAlert',
      countedBy: 'outbox-worker',
      threshold: 1,
    });
  }
}
