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

/** The stacks that sweeping deposits builds on. */
export interface DepositSweepStackProps extends StackProps {
  readonly data: DataStack;
  readonly lanes: LanesStack;
  readonly secrets: SecretsStack;
}

const TIMEOUT = Duration.seconds(40);
/** Within five minutes: the schedule tries each minute, so a chain that can't be asked for a while. */
const HELD_SWEEPS = 4;

/** What brings what settled orders were paid with to the treasury. It has no key: it looks at chains and accepts transactions. */
export class DepositSweepStack extends Stack {
  readonly sweeper: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, props: DepositSweepStackProps) {
    super(scope, id, props);
    const { data, lanes, secrets } = props;
    const impact = 'What orders were paid with stays at their addresses.';
    const missedRuns = createMissedRuns(this, {
      stage,
      of: 'deposit-sweep-schedule',
      subject: 'The schedule that sweeps deposits',
      owner: 'the deposit sweeper',
      errorImpact: impact,
    });
    this.sweeper = new HavenFunction(this, 'DepositSweeper', {
      stage,
      name: 'deposit-sweeper',
      description: 'Each minute accepts transactions that bring what orders were paid with to the treasury. No keys.',
      memoryMb: 512,
      timeout: TIMEOUT,
      calledBy: { kind: 'schedule', missedRuns, maxEventAge: MAX_RUN_AGE },
      permissions: [
        data.ledger.allow('GetItem', 'BatchGetItem'),
        // What would go to a former treasury leaves the queue.
        data.ledger.allowRows(['LANE#*'], 'DeleteItem', 'Query'),
        // That the treasury is active.
        data.ledger.allowRows(['CUSTODY#*'], 'ConditionCheckItem'),
        data.ledger.allowRows(['LANE#*', 'REFERENCE#*', 'SPEND#*', 'TX#*'], 'PutItem'),
        data.shop.allowRows(['DEPOSIT_SWEEP#*', 'ORDER#*'], 'GetItem'),
        data.shop.allowRows(['DEPOSIT_SWEEP#*'], 'PutItem'),
        // That a payment is taken up: in the partition of its order.
        data.shop.allowRows(['ORDER#*'], 'UpdateItem'),
        data.shop.allowIndexQuery('gsi3'),
        data.audit.allowRows(['deposit-sweep:*', 'tx_*'], 'PutItem'),
        data.logs.allow('PutItem'),
        // Circuits before RPC endpoints.
        data.ephemeral.allow('GetItem', 'PutItem'),
        lanes.kicks.allowSend(),
        allowRead(secrets.rpc),
      ],
      environment: {
        LEDGER_TABLE: data.ledger.tableName,
        SHOP_TABLE: data.shop.tableName,
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
    scheduleEachMinute(this, 'SweepDeposits', {
      stage,
      name: 'sweep-deposits',
      description: 'Takes up confirmed payments and goes on with every open sweep of a deposit address',
      target: this.sweeper,
      targetInWords: 'the deposit sweeper',
      missedRuns,
    });
    createCountAlarm(this, 'FailedDepositSweeps', {
      stage,
      name: 'deposit-sweep-failed',
      harm: 'told',
      description: 'A deposit address was not swept whole. Something is still there.',
      metric: 'DepositSweepFailed',
      countedBy: 'deposit-sweeper',
      threshold: 1,
    });
    createCountAlarm(this, 'HeldDepositSweeps', {
      stage,
      name: 'deposit-sweeps-held',
      description: `A sweep of a deposit address cannot go on. ${impact}`,
      metric: 'DepositSweepHeld',
      countedBy: 'deposit-sweeper',
      threshold: HELD_SWEEPS,
    });
    createCountAlarm(this, 'CutOffDepositSweeps', {
      stage,
      name: 'deposit-sweeps-cut-off',
      description: `There are more open deposit sweeps than a minute is enough for. ${impact}`,
      metric: 'DepositSweepsCutOff',
      countedBy: 'deposit-sweeper',
      threshold: 5,
    });
  }
}
