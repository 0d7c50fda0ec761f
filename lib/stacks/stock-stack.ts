import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { createCountAlarm, createHeartbeatAlarm } from '../constructs/counted-alarm.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import { createMissedRuns, MAX_RUN_AGE, scheduleEachMinute } from '../constructs/minute-schedule.ts';
import type { StageContext } from '../stage-context.ts';
import type { DataStack } from './data-stack.ts';

/** The stacks that looking over stock builds on. */
export interface StockStackProps extends StackProps {
  readonly data: DataStack;
}

/** Ten thousand products and as many open orders are some hundred reads, one after the other: seconds, up to four times. */
const TIMEOUT = Duration.seconds(60);
/** Drift is a bug's trace, not an event of the day: sooner would cost reads, later would hide which deployment brought it. */
const EVERY = Duration.hours(1);
/** One run that didn't get through is a log line. */
const SILENT_HOURS = 3;

/** What looks over all stock: whose is low, and where counts and reservations differ. It repairs nothing. */
export class StockStack extends Stack {
  readonly reconciler: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, { data, ...props }: StockStackProps) {
    super(scope, id, props);
    const impact = 'Nobody is told of low stock, and wrong counts of it go unseen.';
    const missedRuns = createMissedRuns(this, {
      stage,
      of: 'stock-schedule',
      subject: 'The schedule that looks over stock',
      owner: 'the stock reconciler',
      errorImpact: impact,
    });
    this.reconciler = new HavenFunction(this, 'StockReconciler', {
      stage,
      name: 'stock-reconciler',
      description: 'Each hour compares stock with what orders and carts hold, and notes whose is low. Repairs nothing.',
      memoryMb: 512,
      timeout: TIMEOUT,
      calledBy: { kind: 'schedule', missedRuns, maxEventAge: MAX_RUN_AGE },
      permissions: [
        data.shop.allowRows(['CART#*', 'LOW_STOCK#*', 'ORDER#*', 'PRODUCT#*', 'STOCK#*'], 'BatchGetItem'),
        // Get, because a failed condition shows the item.
        data.shop.allowRows(['LOW_STOCK#*'], 'GetItem', 'PutItem'),
        data.shop.allowRows(['STOCK_REPORT'], 'PutItem'),
        data.shop.allowIndexQuery('gsi1'),
        data.shop.allowIndexQuery('gsi2'),
        data.logs.allowRows(['ALERT#*'], 'PutItem'),
      ],
      environment: {
        SHOP_TABLE: data.shop.tableName,
        AUDIT_TABLE: data.audit.tableName,
        LOGS_TABLE: data.logs.tableName,
      },
      errorImpact: impact,
    });
    scheduleEachMinute(this, 'LookOverStock', {
      stage,
      name: 'look-over-stock',
      description: 'Compares stock with what orders and carts hold, and notes whose is low',
      target: this.reconciler,
      targetInWords: 'the stock reconciler',
      every: EVERY,
      missedRuns,
    });
    createCountAlarm(this, 'Drift', {
      stage,
      name: 'stock-drift',
      harm: 'told',
      description:
        'Counts of reserved stock differ from what orders and carts hold. Too much or too little of a product can be sold.',
      metric: 'StockDrift',
      countedBy: 'stock-reconciler',
      threshold: 1,
    });
    createHeartbeatAlarm(this, 'NotReconciled', {
      stage,
      name: 'stock-not-reconciled',
      description: `Stock has not been looked over as a whole for hours. ${impact}`,
      metric: 'StockReconciled',
      countedBy: 'stock-reconciler',
      period: EVERY,
      periods: SILENT_HOURS,
    });
  }
}
