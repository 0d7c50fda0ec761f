import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { createCountAlarm } from '../constructs/counted-alarm.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import { createMissedRuns, MAX_RUN_AGE, scheduleEachMinute } from '../constructs/minute-schedule.ts';
import type { StageContext } from '../stage-context.ts';
import type { DataStack } from './data-stack.ts';
import { allowRead, type SecretsStack } from './secrets-stack.ts';

/** The stacks that carts build on. */
export interface CartsStackProps extends StackProps {
  readonly data: DataStack;
  readonly secrets: SecretsStack;
}

/** Below a minute, so that runs don't overlap as a rule; they may. */
const TIMEOUT = Duration.seconds(50);
/** Within five minutes: the schedule tries a cart each minute, so one that fails every time. */
const FAILED_CARTS = 4;

/** What gives back what carts hold too long, and deletes those that are over. It has no key. */
export class CartsStack extends Stack {
  readonly sweeper: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, props: CartsStackProps) {
    super(scope, id, props);
    const { data, secrets } = props;
    const impact = 'What abandoned carts have reserved stays out of sale.';
    const missedRuns = createMissedRuns(this, {
      stage,
      of: 'cart-schedule',
      subject: 'The schedule that sweeps carts',
      owner: 'the cart sweeper',
      errorImpact: impact,
    });
    this.sweeper = new HavenFunction(this, 'CartSweeper', {
      stage,
      name: 'cart-sweeper',
      description: 'Each minute gives back what carts reserved for too long, and deletes those that are over. No keys.',
      memoryMb: 512,
      timeout: TIMEOUT,
      calledBy: { kind: 'schedule', missedRuns, maxEventAge: MAX_RUN_AGE },
      permissions: [
        // Update: a cart that was tampered with leaves the indexes.
        data.shop.allowRows(['CART#*'], 'DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'),
        // Get, because a failed condition shows the item.
        data.shop.allowRows(['STOCK#*'], 'GetItem', 'UpdateItem'),
        data.shop.allowIndexQuery('gsi1'),
        data.shop.allowIndexQuery('gsi2'),
        data.logs.allowRows(['ALERT#*'], 'PutItem'),
        allowRead(secrets.shop),
      ],
      environment: {
        SHOP_TABLE: data.shop.tableName,
        LOGS_TABLE: data.logs.tableName,
        SHOP_SECRET_ARN: secrets.shop.secretArn,
      },
      errorImpact: impact,
    });
    scheduleEachMinute(this, 'SweepCarts', {
      stage,
      name: 'sweep-carts',
      description: 'Gives back what carts hold too long, and deletes those that are over',
      target: this.sweeper,
      targetInWords: 'the cart sweeper',
      missedRuns,
    });
    createCountAlarm(this, 'FailedCarts', {
      stage,
      name: 'carts-not-swept',
      description: `A cart cannot be swept. ${impact}`,
      metric: 'CartNotSwept',
      countedBy: 'cart-sweeper',
      threshold: FAILED_CARTS,
    });
    createCountAlarm(this, 'CutOffCarts', {
      stage,
      name: 'cart-sweep-cut-off',
      description: `More carts are over than a minute is enough for. ${impact}`,
      metric: 'CartSweepCutOff',
      countedBy: 'cart-sweeper',
      threshold: 5,
    });
    createCountAlarm(this, 'TamperedCarts', {
      stage,
      name: 'cart-tampered-by-sweeper',
      harm: 'told',
      description: 'A cart is not as Haven wrote it. Somebody else can write to the shop table.',
      metric: 'CartTampered',
      countedBy: 'cart-sweeper',
      threshold: 1,
    });
  }
}
