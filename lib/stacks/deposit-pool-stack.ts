import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { createCountAlarm, createLevelAlarm } from '../constructs/counted-alarm.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import { createMissedRuns, MAX_RUN_AGE, scheduleEachMinute } from '../constructs/minute-schedule.ts';
import { WorkerQueue } from '../constructs/worker-queue.ts';
import type { Stage } from '../stage.ts';
import type { StageContext } from '../stage-context.ts';
import type { CustodyStack } from './custody-stack.ts';
import type { DataStack } from './data-stack.ts';

/** The stacks that the pool of deposit wallets builds on. */
export interface DepositPoolStackProps extends StackProps {
  readonly custody: CustodyStack;
  readonly data: DataStack;
}

/** A full run makes 250 wallets, eight at once: a few seconds. */
const TIMEOUT = Duration.seconds(40);
/** A kick carries no work, so giving one up early loses nothing. */
const KICK_RECEIVES = 5;
/** Kicks that wait so long are worth nothing: the schedule has come by five times. */
const MAX_KICK_AGE = Duration.minutes(5);
/** Runs at once, which Lambda allows no fewer of: they meet at the same slots, and the later one's keys are for nothing. */
const RUNS_AT_ONCE = 2;
/** Within five minutes: one wallet that could not be made is a log line. */
const FAILED_WALLETS = 5;
/** Longer than a burst of orders that the next refill makes up for. */
const LOW_MINUTES = 10;

/** What functions must know of the pool's size. */
export function poolSettings({ deposit_pool }: Stage): Readonly<Record<string, string>> {
  return {
    DEPOSIT_POOL_TARGET: String(deposit_pool.target),
    DEPOSIT_POOL_LOW_WATER: String(deposit_pool.low_water),
  };
}

/** What keeps deposit wallets ready to be taken: the function that makes them, its schedule, and the queue that wakes it sooner. */
export class DepositPoolStack extends Stack {
  /** Whoever takes a wallet and sees few left sends a message here. */
  readonly kicks: WorkerQueue;
  readonly filler: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, props: DepositPoolStackProps) {
    super(scope, id, props);
    const { custody, data } = props;
    const impact = 'When the pool of deposit wallets is empty no order can be placed.';
    this.kicks = new WorkerQueue(this, 'Kicks', {
      stage,
      name: 'pool-kicks',
      fifo: false,
      consumerTimeout: TIMEOUT,
      consumerHolds: false,
      maxReceiveCount: KICK_RECEIVES,
      maxAge: MAX_KICK_AGE,
      errorImpact: impact,
    });
    const missedRuns = createMissedRuns(this, {
      stage,
      of: 'pool-schedule',
      subject: 'The schedule that fills the pool of deposit wallets',
      owner: 'the function deposit-pool',
      errorImpact: impact,
    });
    this.filler = new HavenFunction(this, 'DepositPool', {
      stage,
      name: 'deposit-pool',
      description:
        'Each minute makes the deposit wallets that the pool lacks: encrypts keys and can never decrypt one.',
      role: custody.depositPoolRole,
      // As for the provisioner: encryption libraries.
      memoryMb: 1_024,
      timeout: TIMEOUT,
      calledBy: { kind: 'schedule', missedRuns, maxEventAge: MAX_RUN_AGE },
      permissions: [
        ...custody.depositPoolPermissions(),
        data.ledger.allowRows(['DEPOSIT_POOL#*'], 'Query', 'DeleteItem'),
        // Whether wallets in the pool may still be used.
        data.ledger.allowRows(['CUSTODY#*', 'WALLET#*'], 'BatchGetItem'),
        // Get, because a failed condition shows the item.
        data.ledger.allowRows(['ADDRESS#*', 'DEPOSIT_POOL#*', 'WALLET#*'], 'GetItem'),
        data.ledger.allowRows(['ADDRESS#*', 'DEPOSIT#*', 'DEPOSIT_POOL#*', 'WALLET#*'], 'PutItem'),
        data.audit.allowRows(['deposit:*', 'wal_*'], 'PutItem'),
        data.logs.allow('PutItem'),
        this.kicks.allowConsume(),
      ],
      environment: {
        KEYS_TABLE: custody.keys.tableName,
        LEDGER_TABLE: data.ledger.tableName,
        AUDIT_TABLE: data.audit.tableName,
        LOGS_TABLE: data.logs.tableName,
        WALLET_KEY_ARN: custody.walletKey.keyArn,
        ...poolSettings(stage.config),
      },
      errorImpact: impact,
    });
    this.kicks.consumeWith(this.filler.function, RUNS_AT_ONCE);
    scheduleEachMinute(this, 'FillDepositPool', {
      stage,
      name: 'fill-deposit-pool',
      description: 'Makes the deposit wallets that the pool lacks',
      target: this.filler,
      targetInWords: 'the function deposit-pool',
      missedRuns,
    });
    createCountAlarm(this, 'FailedWallets', {
      stage,
      name: 'pool-failed',
      description: `Deposit wallets cannot be made. ${impact}`,
      metric: 'DepositPoolRefillFailed',
      countedBy: 'deposit-pool',
      threshold: FAILED_WALLETS,
    });
    createLevelAlarm(this, 'LowPool', {
      stage,
      name: 'pool-low',
      harm: 'checkout',
      description: `The pool of deposit wallets is low, and refills don't keep up. ${impact}`,
      metric: 'DepositPoolFree',
      countedBy: 'deposit-pool',
      atLeast: stage.config.deposit_pool.low_water,
      minutes: LOW_MINUTES,
    });
  }
}
