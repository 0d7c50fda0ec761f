import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { breakerSettings } from '../breaker-settings.ts';
import { chainSettings } from '../chain-settings.ts';
import { createCountAlarm } from '../constructs/counted-alarm.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import { createMissedRuns, MAX_RUN_AGE, scheduleEachMinute } from '../constructs/minute-schedule.ts';
import { WorkerQueue } from '../constructs/worker-queue.ts';
import type { StageContext } from '../stage-context.ts';
import type { CustodyStack } from './custody-stack.ts';
import type { DataStack } from './data-stack.ts';
import type { OutboxStack } from './outbox-stack.ts';
import { allowRead, type SecretsStack } from './secrets-stack.ts';
import { WALLET_ROWS } from './wallet-context.ts';

/** The stacks that lanes build on. */
export interface LanesStackProps extends StackProps {
  readonly custody: CustodyStack;
  readonly data: DataStack;
  readonly secrets: SecretsStack;
  readonly outbox: OutboxStack;
}

/**
 * Long enough to follow a fast chain to finality in one run, short enough to give a lane up soon; and how long a worker
 * that dies in its first moments leaves its lane without another.
 */
const WORKER_TIMEOUT = Duration.seconds(20);
const KICKER_TIMEOUT = Duration.seconds(20);
/** A lane without a driver for this long is felt. */
const MAX_KICK_AGE = Duration.minutes(2);
/** A kick carries no work, so giving one up early loses nothing; five tries tell a passing fault from a lasting one. */
const KICK_RECEIVES = 5;

/** Failed looks at a chain within five minutes: a lane looks every five seconds, so one lane without its chain for a minute. */
const RPC_FAILURES = 12;

/** Looks within five minutes: nodes answer null now and then for what is mined, and the next look mostly agrees. */
const DISPUTES = 5;

/** Looks within five minutes that show fewer nonces used than were counted: one node that lags now and then shows fewer. */
const GAP_SIGHTINGS = 5;

/** The lanes: the queue of kicks with the only signer behind it, and what makes sure that no lane is forgotten. */
export class LanesStack extends Stack {
  readonly kicks: WorkerQueue;
  readonly wakes: WorkerQueue;
  readonly worker: HavenFunction;
  readonly kicker: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, props: LanesStackProps) {
    super(scope, id, props);
    const { custody, data, secrets, outbox } = props;
    const impact = 'Transactions are accepted but not sent or followed.';
    this.kicks = new WorkerQueue(this, 'Kicks', {
      stage,
      name: 'lane-kicks',
      fifo: true,
      consumerTimeout: WORKER_TIMEOUT,
      consumerHolds: true,
      maxReceiveCount: KICK_RECEIVES,
      maxAge: MAX_KICK_AGE,
      errorImpact: impact,
      harm: 'sending',
    });
    this.wakes = new WorkerQueue(this, 'Wakes', {
      stage,
      name: 'lane-wakes',
      fifo: false,
      consumerTimeout: KICKER_TIMEOUT,
      consumerHolds: false,
      maxReceiveCount: KICK_RECEIVES,
      maxAge: Duration.minutes(20),
      errorImpact: impact,
    });
    const queues = { KICK_QUEUE_URL: this.kicks.queue.queueUrl, WAKE_QUEUE_URL: this.wakes.queue.queueUrl };

    this.worker = new HavenFunction(this, 'LaneWorker', {
      stage,
      name: 'lane-worker',
      description: 'Signs, broadcasts and follows transactions: the only signer. Not reachable from the internet.',
      memoryMb: 1_024,
      timeout: WORKER_TIMEOUT,
      calledBy: { kind: 'queue' },
      role: custody.laneWorkerRole,
      permissions: [
        ...custody.laneWorkerPermissions(),
        // The check: what a claim signs is allowed by the policy as it is at that moment.
        data.ledger.allow('GetItem', 'BatchGetItem', 'Query', 'ConditionCheckItem'),
        data.ledger.allowRows(['CUSTODY#*'], 'UpdateItem'),
        data.ledger.allowRowsBut(WALLET_ROWS, 'PutItem', 'DeleteItem'),
        // Transactions, and each use of a wallet's key.
        data.audit.allowRows(['tx_*', 'wal_*'], 'PutItem'),
        // Alerts of low balances, gaps and nonces that others used.
        data.logs.allow('PutItem'),
        // Circuit breakers before the RPC endpoints.
        data.ephemeral.allow('GetItem', 'PutItem'),
        allowRead(secrets.rpc),
        this.kicks.allowSend(),
        this.kicks.allowConsume(),
        this.wakes.allowSend(),
        outbox.wakes.allowSend(),
      ],
      environment: {
        ...queues,
        OUTBOX_QUEUE_URL: outbox.wakes.queue.queueUrl,
        ...breakerSettings(stage.config),
        EPHEMERAL_TABLE: data.ephemeral.tableName,
        ...chainSettings(stage.config),
        KEYS_TABLE: custody.keys.tableName,
        LEDGER_TABLE: data.ledger.tableName,
        AUDIT_TABLE: data.audit.tableName,
        LOGS_TABLE: data.logs.tableName,
        ...custody.decryptionSettings(),
        STAGE: stage.config.name,
        RPC_SECRET_ARN: secrets.rpc.secretArn,
      },
      errorImpact: impact,
      harm: 'sending',
    });
    this.kicks.consumeWith(this.worker.function, stage.config.lane_worker_concurrency);
    createCountAlarm(this, 'RpcUnavailable', {
      stage,
      name: 'rpc-unavailable',
      harm: 'sending',
      description: 'No RPC endpoint of a chain answers. Its transactions are neither sent nor followed.',
      metric: 'RpcUnavailable',
      countedBy: 'lane-worker',
      threshold: RPC_FAILURES,
    });
    createCountAlarm(this, 'OpenedCircuits', {
      stage,
      name: 'circuit-opened',
      harm: 'told',
      description: 'A circuit before an RPC endpoint opened. Lanes use the others, if there are any.',
      metric: 'CircuitOpened',
      countedBy: 'lane-worker',
      threshold: 1,
    });
    createCountAlarm(this, 'WrongChains', {
      stage,
      name: 'rpc-wrong-chain',
      description: 'An RPC endpoint serves another chain than it is listed for. It is not used.',
      metric: 'RpcWrongChain',
      countedBy: 'lane-worker',
      threshold: 1,
    });
    createCountAlarm(this, 'BreakerStore', {
      stage,
      name: 'breaker-store-unavailable',
      description: 'Circuit breakers cannot be read or stored. Calls to unwell endpoints are let through.',
      metric: 'BreakerStoreUnavailable',
      countedBy: 'lane-worker',
      threshold: 3,
    });
    createCountAlarm(this, 'RefusedKeys', {
      stage,
      name: 'key-refused',
      harm: 'keys',
      description:
        'The key of a wallet does not decrypt or is not its own. Its row or the KMS key may have been tampered with.',
      metric: 'KeyRefused',
      countedBy: 'lane-worker',
      threshold: 1,
    });
    createCountAlarm(this, 'LowBalances', {
      stage,
      name: 'balance-low',
      harm: 'told',
      description: "A wallet has too little of its chain's own coin. Its transactions wait, or soon will.",
      metric: 'BalanceLow',
      countedBy: 'lane-worker',
      threshold: 1,
    });
    createCountAlarm(this, 'ForeignNonces', {
      stage,
      name: 'nonce-used-by-others',
      harm: 'told',
      description:
        'A nonce of a wallet was used by a transaction that Haven did not sign. Its key is in use elsewhere.',
      metric: 'NonceUsedByOthers',
      countedBy: 'lane-worker',
      threshold: 1,
    });
    createCountAlarm(this, 'NonceGaps', {
      stage,
      name: 'nonce-gap-seen',
      description:
        'Looks keep showing fewer nonces used than were counted. A gap, or an RPC endpoint that lags: lanes sign nothing meanwhile.',
      metric: 'NonceGapSeen',
      countedBy: 'lane-worker',
      threshold: GAP_SIGHTINGS,
    });
    createCountAlarm(this, 'FilledGaps', {
      stage,
      name: 'nonce-gap-filled',
      description:
        'A gap of nonces was filled with transactions that send nothing. One that was final, or a stranger’s, has left the chain.',
      metric: 'GapFilled',
      countedBy: 'lane-worker',
      threshold: 1,
    });
    createCountAlarm(this, 'FinalityDisputes', {
      stage,
      name: 'finality-disputed',
      description:
        'RPC endpoints contradict each other about what would be final. Nothing becomes final that two do not agree about.',
      metric: 'FinalityDisputed',
      countedBy: 'lane-worker',
      threshold: DISPUTES,
    });
    createCountAlarm(this, 'MissingSecondOpinions', {
      stage,
      name: 'second-opinion-missing',
      description:
        'What would be final, or nonces that others used or freed, can be confirmed by no other RPC endpoint. It waits.',
      metric: 'SecondOpinionMissing',
      countedBy: 'lane-worker',
      threshold: DISPUTES,
    });

    const missedRuns = createMissedRuns(this, {
      stage,
      of: 'lane-schedule',
      subject: 'The schedule that kicks lanes',
      owner: 'the kicker',
      errorImpact: impact,
    });
    this.kicker = new HavenFunction(this, 'LaneKicker', {
      stage,
      name: 'lane-kicker',
      description:
        'Passes wakes on to lanes; each minute kicks lanes that have work and finishes batches left open. No keys.',
      memoryMb: 512,
      timeout: KICKER_TIMEOUT,
      calledBy: { kind: 'schedule', missedRuns, maxEventAge: MAX_RUN_AGE },
      permissions: [
        data.ledger.allowIndexQuery('gsi1'),
        data.ledger.allow('GetItem'),
        data.ledger.allowRowsBut(WALLET_ROWS, 'PutItem'),
        data.audit.allowRows(['tx_*'], 'PutItem'),
        this.kicks.allowSend(),
        this.wakes.allowConsume(),
      ],
      environment: { ...queues, LEDGER_TABLE: data.ledger.tableName, AUDIT_TABLE: data.audit.tableName },
      errorImpact: impact,
    });
    this.wakes.consumeWith(this.kicker.function, stage.config.lane_worker_concurrency);
    // Kicks all lanes with work each minute, whatever became of other kicks.
    scheduleEachMinute(this, 'KickOpenLanes', {
      stage,
      name: 'kick-open-lanes',
      description: 'Kicks every lane that has work',
      target: this.kicker,
      targetInWords: 'the lane kicker',
      missedRuns,
    });
  }
}
