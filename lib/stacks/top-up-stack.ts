import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { chainSettings } from '../chain-settings.ts';
import { createCountAlarm } from '../constructs/counted-alarm.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import { createMissedRuns, MAX_RUN_AGE, scheduleEachMinute } from '../constructs/minute-schedule.ts';
import type { StageContext } from '../stage-context.ts';
import type { DataStack } from './data-stack.ts';
import type { LanesStack } from './lanes-stack.ts';
import { WALLET_ROWS } from './wallet-context.ts';

/** The stacks that topping up builds on. */
export interface TopUpStackProps extends StackProps {
  readonly data: DataStack;
  readonly lanes: LanesStack;
}

const TIMEOUT = Duration.seconds(20);
/** Within five minutes: the schedule tries each minute, so one wallet that can't be topped up for a while. */
const FAILED_TOP_UPS = 3;

/** What tops up wallets that run low. It has no key and asks no chain: it accepts transactions, as the API does. */
export class TopUpStack extends Stack {
  readonly topUp: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, props: TopUpStackProps) {
    super(scope, id, props);
    const { data, lanes } = props;
    const impact = 'Wallets that run low are not topped up; what they send waits.';
    const missedRuns = createMissedRuns(this, {
      stage,
      of: 'top-ups-schedule',
      subject: 'The schedule that tops up wallets',
      owner: 'the top-up function',
      errorImpact: impact,
    });
    this.topUp = new HavenFunction(this, 'TopUp', {
      stage,
      name: 'top-up',
      description:
        'Each minute accepts transactions that top up wallets which run low, as their policies say. No keys.',
      memoryMb: 512,
      timeout: TIMEOUT,
      calledBy: { kind: 'schedule', missedRuns, maxEventAge: MAX_RUN_AGE },
      permissions: [
        data.ledger.allow('GetItem', 'BatchGetItem', 'ConditionCheckItem'),
        data.ledger.allowRowsBut(WALLET_ROWS, 'PutItem'),
        data.ledger.allowIndexQuery('gsi1'),
        data.audit.allowRows(['tx_*'], 'PutItem'),
        lanes.kicks.allowSend(),
      ],
      environment: {
        LEDGER_TABLE: data.ledger.tableName,
        AUDIT_TABLE: data.audit.tableName,
        KICK_QUEUE_URL: lanes.kicks.queue.queueUrl,
        WAKE_QUEUE_URL: lanes.wakes.queue.queueUrl,
        ...chainSettings(stage.config),
      },
      errorImpact: impact,
    });
    scheduleEachMinute(this, 'TopUpWallets', {
      stage,
      name: 'top-up-wallets',
      description: 'Tops up every wallet that runs low',
      target: this.topUp,
      targetInWords: 'the top-up function',
      missedRuns,
    });
    createCountAlarm(this, 'FailedTopUps', {
      stage,
      name: 'top-ups-failed',
      description: `A wallet that runs low cannot be topped up. ${impact}`,
      metric: 'TopUpFailed',
      countedBy: 'top-up',
      threshold: FAILED_TOP_UPS,
    });
  }
}
