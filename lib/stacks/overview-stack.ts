import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Construct } from 'constructs';
import { alarmDescription } from '#shared/alerts/alarms/alarm-description.ts';
import { countedMetric } from '../constructs/counted-alarm.ts';
import { createStageAlarm } from '../constructs/stage-alarm.ts';
import type { StageContext } from '../stage-context.ts';
import { dashboardRows } from './overview/dashboard-rows.ts';
import { alarmOnKms } from './overview/kms-alarms.ts';

/** The harms that have an alarm of their own: what customers feel, whatever the cause. */
const COMPOSITES = [
  {
    harm: 'checkout',
    name: 'customers-cannot-pay',
    description: 'Customers cannot order or pay, or their payments are not seen. The alarms in it say why.',
  },
  {
    harm: 'sending',
    name: 'nothing-is-sent',
    description: 'Transactions are not sent or followed. The alarms in it say why.',
  },
] as const;

/** The whole of a stage at a glance. Last of all stacks, because it shows what all others have made. */
export class OverviewStack extends Stack {
  constructor(scope: Construct, id: string, stage: StageContext, props: StackProps) {
    super(scope, id, props);
    const { derived, payment_silence } = stage.config.alarms;
    alarmOnKms(this, stage);
    if (payment_silence !== undefined) this.#alarmOnSilence(stage, payment_silence);
    const composites = derived ? this.#composites(stage) : [];
    new cloudwatch.Dashboard(this, 'Dashboard', {
      dashboardName: stage.resourceName('overview'),
      defaultInterval: Duration.hours(12),
      widgets: dashboardRows(stage, composites),
    });
  }

  /**
   * Orders wait for money and none is paid: nothing fails, and yet nobody can pay. By the fewest that waited at any look, so that orders
   * that were placed a moment ago, and have had no time, are no silence.
   */
  #alarmOnSilence(
    stage: StageContext,
    { minutes, min_orders }: NonNullable<StageContext['config']['alarms']['payment_silence']>,
  ): void {
    const period = Duration.minutes(minutes);
    createStageAlarm(this, 'PaymentSilence', {
      stage,
      name: 'payments-silent',
      description: `For ${minutes} minutes orders have waited for money and none was paid. Customers may not be able to pay, or their payments are not seen.`,
      harm: 'checkout',
      metric: new cloudwatch.MathExpression({
        expression: `IF(FILL(open, 0) >= ${min_orders} AND FILL(scanned, 0) + FILL(told, 0) < 1, 1, 0)`,
        label: 'Orders open, and none paid',
        period,
        usingMetrics: {
          open: countedMetric('OrdersOpen', 'monitor', period, 'Minimum'),
          scanned: countedMetric('OrderPaid', 'payment-scanner', period),
          told: countedMetric('OrderPaid', 'payment-webhooks', period),
        },
      }),
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }

  /** They name their alarms, and so refer to no other stack: those are deployed first, and may be removed one day. */
  #composites(stage: StageContext): cloudwatch.CompositeAlarm[] {
    return COMPOSITES.map(({ harm, name, description }) => {
      const causes = stage.book.alarmsOf(harm);
      for (const { alarm } of causes) if (alarm.stack !== this) this.addStackDependency(alarm.stack);
      const made = new cloudwatch.CompositeAlarm(this, name, {
        compositeAlarmName: stage.resourceName(name),
        alarmDescription: alarmDescription({ text: description, alert: 'CRITICAL' }),
        alarmRule: cloudwatch.AlarmRule.fromString(
          causes.map((cause) => `ALARM("${stage.resourceName(cause.name)}")`).join(' OR '),
        ),
      });
      made.addAlarmAction(new actions.SnsAction(stage.alarmTopic));
      return made;
    });
  }
}
