import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Construct } from 'constructs';
import { METRICS_NAMESPACE } from '#shared/platform/metrics.ts';
import type { StageContext } from '../stage-context.ts';
import type { CountAlarmProps } from './count-alarm.ts';

/** What an alarm on something that must go on happening has to say. */
export interface HeartbeatAlarmProps extends Omit<CountAlarmProps, 'threshold'> {
  readonly stage: StageContext;
  /** Hours in a row without a count, at which it sounds. */
  readonly hours: number;
}

/** An alarm on silence: it sounds when something that Haven counts at least once an hour has not happened. */
export function createHeartbeatAlarm(scope: Construct, id: string, props: HeartbeatAlarmProps): cloudwatch.Alarm {
  const alarm = new cloudwatch.Alarm(scope, id, {
    alarmName: props.stage.resourceName(props.name),
    alarmDescription: `${props.description} Runbook: docs/operations.md#alarms.`,
    metric: new cloudwatch.Metric({
      namespace: METRICS_NAMESPACE,
      metricName: props.metric,
      dimensionsMap: { service: props.countedBy },
      statistic: 'Sum',
      period: Duration.hours(1),
    }),
    threshold: 1,
    evaluationPeriods: props.hours,
    datapointsToAlarm: props.hours,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    // A function that doesn't run at all counts nothing: that is what this is for.
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
  });
  alarm.addAlarmAction(new actions.SnsAction(props.stage.alarmTopic));
  return alarm;
}
