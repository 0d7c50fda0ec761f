import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { createCountAlarm } from '../constructs/counted-alarm.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import { createMissedRuns, MAX_RUN_AGE, scheduleEachMinute } from '../constructs/minute-schedule.ts';
import type { StageContext } from '../stage-context.ts';
import type { DataStack } from './data-stack.ts';

/** The stacks that orders build on. */
export interface OrdersStackProps extends StackProps {
  readonly data: DataStack;
}

/** Below a minute, so that runs don't overlap as a rule; they may. */
const TIMEOUT = Duration.seconds(50);
/** Within five minutes: the schedule tries an order each minute, so one that fails every time. */
const FAILED_ORDERS = 4;

/** What settles due orders that are paid through processors: no timer is trusted. It has no key. Those on chains are the payment scanner's. */
export class OrdersStack extends Stack {
  readonly expirer: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, props: OrdersStackProps) {
    super(scope, id, props);
    const { data } = props;
    const impact = 'Orders that nobody paid keep their pieces out of sale.';
    const missedRuns = createMissedRuns(this, {
      stage,
      of: 'order-schedule',
      subject: 'The schedule that expires orders',
      owner: 'the order expirer',
      errorImpact: impact,
    });
    this.expirer = new HavenFunction(this, 'OrderExpirer', {
      stage,
      name: 'order-expirer',
      description: 'Each minute settles due orders that are paid through processors, and gives pieces back. No keys.',
      memoryMb: 512,
      timeout: TIMEOUT,
      calledBy: { kind: 'schedule', missedRuns, maxEventAge: MAX_RUN_AGE },
      permissions: [
        data.shop.allowRows(['ORDER#*'], 'PutItem', 'Query'),
        // Get, because a failed condition shows the item.
        data.shop.allowRows(['STOCK#*'], 'GetItem', 'UpdateItem'),
        data.shop.allowRows(['NOTICE#*'], 'PutItem'),
        data.shop.allowIndexQuery('gsi3'),
        data.audit.allowRows(['ord_*'], 'PutItem'),
        data.logs.allowRows(['ALERT#*'], 'PutItem'),
      ],
      environment: {
        SHOP_TABLE: data.shop.tableName,
        AUDIT_TABLE: data.audit.tableName,
        LOGS_TABLE: data.logs.tableName,
        PROCESSOR_GRACE_SECONDS: String(stage.config.shop.processor_grace_seconds),
      },
      errorImpact: impact,
    });
    scheduleEachMinute(this, 'ExpireOrders', {
      stage,
      name: 'expire-orders',
      description: 'Settles due orders that are paid through processors',
      target: this.expirer,
      targetInWords: 'the order expirer',
      missedRuns,
    });
    createCountAlarm(this, 'FailedOrders', {
      stage,
      name: 'processor-orders-not-settled',
      description: `An order that is paid through a processor cannot be settled. ${impact}`,
      metric: 'OrderNotSettled',
      countedBy: 'order-expirer',
      threshold: FAILED_ORDERS,
    });
    createCountAlarm(this, 'CutOffOrders', {
      stage,
      name: 'processor-orders-cut-off',
      description: `More orders that are paid through processors are due than a minute is enough for. ${impact}`,
      metric: 'OrdersCutOff',
      countedBy: 'order-expirer',
      threshold: 5,
    });
  }
}
