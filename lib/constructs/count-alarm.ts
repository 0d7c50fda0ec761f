import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Construct } from 'constructs';
import { METRICS_NAMESPACE, type MetricName } from '#shared/platform/metrics.ts';
import type { FunctionName } from '../bundle.ts';
import type { StageContext } from '../stage-context.ts';

/** What an alarm on one of Haven's own counts must say. */
export interface CountAlarmProps {
  readonly stage: StageContext;
  /** The alarm's name behind the stage's prefix; the runbook has a row of that name. */
  readonly name: string;
  /** What is wrong, and what it means: two sentences. */
  readonly description: string;
  readonly metric: MetricName;
  /** Which function counts it. */
  readonly countedBy: FunctionName;
  /** Counts within five minutes at which it sounds. */
  readonly threshold: number;
}

/** An alarm on something that Haven counts, which reaches the operators. */
export function createCountAlarm(scope: Construct, id: string, props: CountAlarmProps): cloudwatch.Alarm {
  const alarm = new cloudwatch.Alarm(scope, id, {
    alarmName: props.stage.resourceName(props.name),
    alarmDescription: `${props.description} Runbook: docs/operations.md#alarms.`,
    metric: new cloudwatch.Metric({
      namespace: METRICS_NAMESPACE,
      metricName: props.metric,
      dimensionsMap: { service: props.countedBy },
      statistic: 'Sum',
      period: Duration.minutes(5),
    }),
    threshold: props.threshold,
    evaluationPeriods: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
  alarm.addAlarmAction(new actions.SnsAction(props.stage.alarmTopic));
  return alarm;
}
