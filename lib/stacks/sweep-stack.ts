import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { breakerSettings } from '../breaker-settings.ts';
import { chainSettings } from '../chain-settings.ts';
import { createCountAlarm } from '../constructs/counted-alarm.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import { createMissedRuns, MAX_RUN_AGE, scheduleEachMinute } from '../constructs/minute-schedule.ts';
import type { StageContext } from '../stage-context.ts';
import type { DataStack } from './data-stack.ts';
import type { LanesStack } from './lanes-stack.ts';
import { allowRead, type SecretsStack } from './secrets-stack.ts';

/** The stacks that sweeping builds on. */
export interface SweepStackProps extends StackProps {
  readonly data: DataStack;
  readonly lanes: LanesStack;
  readonly secrets: SecretsStack;
}

const TIMEOUT = Duration.seconds(40);
/** Within five minutes: the schedule tries each minute, so a chain that can't be asked for a while. */
const HELD_SWEEPS = 4;

/** What brings what rotated wallets have to their successors. It has no key: it looks at chains and accepts transactions. */
export class SweepStack extends Stack {
  readonly sweeper: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, props: SweepStackProps) {
    super(scope, id, props);
    const { data, lanes, secrets } = props;
    const impact = 'What rotated wallets have stays at their addresses.';
    const missedRuns = createMissedRuns(this, {
      stage,
      of: 'sweep-schedule',
      subject: 'The schedule that sweeps rotated wallets',
      owner: 'the sweeper',
      errorImpact: impact,
    });
    this.sweeper = new HavenFunction(this, 'Sweeper', {
      stage,
      name: 'sweeper',
      description:
        'Each minute accepts transactions that bring what rotated wallets have to their successors. No keys.',
      memoryMb: 512,
      timeout: TIMEOUT,
      calledBy: { kind: 'schedule', missedRuns, maxEventAge: MAX_RUN_AGE },
      permissions: [
        data.ledger.allow('GetItem', 'BatchGetItem'),
        // What would go to a successor that is none any more leaves the queue.
        data.ledger.allowRows(['LANE#*'], 'DeleteItem', 'Query'),
        // That the successor is active.
        data.ledger.allowRows(['CUSTODY#*'], 'ConditionCheckItem'),
        data.ledger.allowRows(['LANE#*', 'REFERENCE#*', 'SPEND#*', 'SWEEP#*', 'TX#*'], 'PutItem'),
        data.ledger.allowIndexQuery('gsi1'),
        data.audit.allowRows(['sweep:*', 'tx_*'], 'PutItem'),
        data.logs.allow('PutItem'),
        // Circuits before RPC endpoints.
        data.ephemeral.allow('GetItem', 'PutItem'),
        lanes.kicks.allowSend(),
        allowRead(secrets.rpc),
      ],
      environment: {
        LEDGER_TABLE: data.ledger.tableName,
        AUDIT_TABLE: data.audit.tableName,
        LOGS_TABLE: data.logs.tableName,
        EPHEMERAL_TABLE: data.ephemeral.tableName,
        RPC_SECRET_ARN: secrets.rpc.secretArn,
        KICK_QUEUE_URL: lanes.kicks.queue.queueUrl,
        WAKE_QUEUE_URL: lanes.wakes.queue.queueUrl,
        ...chainSettings(stage.config),
        ...breakerSettings(stage.config),
      },
      errorImpact: impact,
    });
    scheduleEachMinute(this, 'SweepWallets', {
      stage,
      name: 'sweep-wallets',
      description: 'Goes on with every open sweep of a rotated wallet',
      target: this.sweeper,
      targetInWords: 'the sweeper',
      missedRuns,
    });
    createCountAlarm(this, 'FailedSweeps', {
      stage,
      name: 'sweep-failed',
      harm: 'told',
      description: 'A rotated wallet was not swept whole. Something is still at its address.',
      metric: 'SweepFailed',
      countedBy: 'sweeper',
      threshold: 1,
    });
    createCountAlarm(this, 'HeldSweeps', {
      stage,
      name: 'sweeps-held',
      harm: 'told',
      description: `A sweep cannot go on. ${impact}`,
      metric: 'SweepHeld',
      countedBy: 'sweeper',
      threshold: HELD_SWEEPS,
    });
    createCountAlarm(this, 'CutOffSweeps', {
      stage,
      name: 'sweeps-cut-off',
      description: `There are more open sweeps than a minute is enough for. ${impact}`,
      metric: 'SweepsCutOff',
      countedBy: 'sweeper',
      threshold: 5,
    });
  }
}
