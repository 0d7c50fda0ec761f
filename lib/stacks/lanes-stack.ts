import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge } from '../constructs/acknowledge.ts';
import { createCountAlarm } from '../constructs/count-alarm.ts';
import { createDeadLetterQueue } from '../constructs/dead-letter-queue.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import { WorkerQueue } from '../constructs/worker-queue.ts';
import type { StageContext } from '../stage-context.ts';
import type { CustodyStack } from './custody-stack.ts';
import type { DataStack } from './data-stack.ts';
import { allowRead, type SecretsStack } from './secrets-stack.ts';

/** The stacks that lanes build on. */
export interface LanesStackProps extends StackProps {
  readonly custody: CustodyStack;
  readonly data: DataStack;
  readonly secrets: SecretsStack;
}

/** Long enough to follow a fast chain to finality in one run, short enough to give a lane up soon. */
const WORKER_TIMEOUT = Duration.seconds(30);
const KICKER_TIMEOUT = Duration.seconds(20);
/** A lane without a driver for this long is felt. */
const MAX_KICK_AGE = Duration.minutes(2);
/** A kick carries no work, so giving one up early loses nothing; five tries tell a passing fault from a lasting one. */
const KICK_RECEIVES = 5;

/** Failed looks at a chain within five minutes: a lane looks every five seconds, so one lane without its chain for a minute. */
const RPC_FAILURES = 12;

/** The next minute's run makes up for a lost one; an older event is worth nothing. */
const MAX_RUN_AGE = Duration.minutes(1);

/** The lanes: the queue of kicks with the only signer behind it, and what makes sure that no lane is forgotten. */
export class LanesStack extends Stack {
  readonly kicks: WorkerQueue;
  readonly wakes: WorkerQueue;
  readonly worker: HavenFunction;
  readonly kicker: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, props: LanesStackProps) {
    super(scope, id, props);
    const { custody, data, secrets } = props;
    const impact = 'Transactions are accepted but not sent or followed.';
    this.kicks = new WorkerQueue(this, 'Kicks', {
      stage,
      name: 'lane-kicks',
      fifo: true,
      consumerTimeout: WORKER_TIMEOUT,
      maxReceiveCount: KICK_RECEIVES,
      maxAge: MAX_KICK_AGE,
      errorImpact: impact,
    });
    this.wakes = new WorkerQueue(this, 'Wakes', {
      stage,
      name: 'lane-wakes',
      fifo: false,
      consumerTimeout: KICKER_TIMEOUT,
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
        data.ledger.allow('GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'),
        data.audit.allow('PutItem'),
        allowRead(secrets.rpc),
        this.kicks.allowSend(),
        this.kicks.allowConsume(),
        this.wakes.allowSend(),
      ],
      environment: {
        ...queues,
        CHAINS: JSON.stringify(stage.config.chains),
        KEYS_TABLE: custody.keys.tableName,
        LEDGER_TABLE: data.ledger.tableName,
        AUDIT_TABLE: data.audit.tableName,
        WALLET_KEY_ARN: custody.walletKey.keyArn,
        RPC_SECRET_ARN: secrets.rpc.secretArn,
      },
      errorImpact: impact,
    });
    this.kicks.consumeWith(this.worker.function, stage.config.lane_worker_concurrency);
    createCountAlarm(this, 'RpcUnavailable', {
      stage,
      name: 'rpc-unavailable',
      description: 'No RPC endpoint of a chain answers. Its transactions are neither sent nor followed.',
      metric: 'RpcUnavailable',
      countedBy: 'lane-worker',
      threshold: RPC_FAILURES,
    });
    createCountAlarm(this, 'RefusedKeys', {
      stage,
      name: 'key-refused',
      description:
        'The key of a wallet does not decrypt or is not its own. Its row or the KMS key may have been tampered with.',
      metric: 'KeyRefused',
      countedBy: 'lane-worker',
      threshold: 1,
    });
    createCountAlarm(this, 'LowBalances', {
      stage,
      name: 'balance-low',
      description: "A wallet has too little of its chain's own coin. Its transactions wait, or soon will.",
      metric: 'BalanceLow',
      countedBy: 'lane-worker',
      threshold: 1,
    });
    createCountAlarm(this, 'ForeignNonces', {
      stage,
      name: 'nonce-used-by-others',
      description:
        'A nonce of a wallet was used by a transaction that Haven did not sign. Its key is in use elsewhere.',
      metric: 'NonceUsedByOthers',
      countedBy: 'lane-worker',
      threshold: 1,
    });

    const missedRuns = this.#createMissedRuns(stage, impact);
    this.kicker = new HavenFunction(this, 'LaneKicker', {
      stage,
      name: 'lane-kicker',
      description: 'Passes wakes on to lanes and, each minute, kicks every lane that has work. No keys.',
      memoryMb: 512,
      timeout: KICKER_TIMEOUT,
      calledBy: { kind: 'schedule', missedRuns, maxEventAge: MAX_RUN_AGE },
      permissions: [data.ledger.allowIndexQuery('gsi1'), this.kicks.allowSend(), this.wakes.allowConsume()],
      environment: { ...queues, LEDGER_TABLE: data.ledger.tableName },
      errorImpact: impact,
    });
    this.wakes.consumeWith(this.kicker.function, stage.config.lane_worker_concurrency);
    this.#schedule(stage, missedRuns);
  }

  /** Where runs of the schedule end up that could not be started, or failed. */
  #createMissedRuns(stage: StageContext, impact: string): sqs.Queue {
    const missedRuns = createDeadLetterQueue(this, 'ScheduleDeadLetters', {
      stage,
      of: 'lane-schedule',
      fifo: false,
      subject: 'The schedule that kicks lanes',
      errorImpact: impact,
    });
    acknowledge(
      missedRuns,
      'AwsSolutions-SQS3',
      "It is the schedule's and the kicker's dead-letter queue; the rule only knows those of queues and functions.",
    );
    return missedRuns;
  }

  /** Kicks all lanes with work each minute, whatever became of other kicks. */
  #schedule(stage: StageContext, missedRuns: sqs.Queue): void {
    const group = this.formatArn({ service: 'scheduler', resource: 'schedule-group', resourceName: 'default' });
    const role = new iam.Role(this, 'ScheduleRole', {
      // A group, because the scheduler doesn't know a schedule's own ARN when it assumes the role
      // (https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html).
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': this.account, 'aws:SourceArn': group } },
      }),
      description: `Lets the schedule of haven-${stage.config.name} wake the lane kicker`,
      inlinePolicies: {
        Kick: new iam.PolicyDocument({
          statements: [
            new iam.PolicyStatement({
              actions: ['lambda:InvokeFunction'],
              resources: [this.kicker.function.functionArn],
            }),
            new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [missedRuns.queueArn] }),
          ],
        }),
      },
    });
    new scheduler.Schedule(this, 'KickOpenLanes', {
      scheduleName: stage.resourceName('kick-open-lanes'),
      description: 'Kicks every lane that has work',
      schedule: scheduler.ScheduleExpression.rate(Duration.minutes(1)),
      timeWindow: scheduler.TimeWindow.off(),
      target: new targets.LambdaInvoke(this.kicker.function, {
        // Without CDK's own grants, which cover every version of the function.
        role: role.withoutPolicyUpdates(),
        deadLetterQueue: missedRuns,
        maxEventAge: MAX_RUN_AGE,
        retryAttempts: 2,
      }),
    });
  }
}
