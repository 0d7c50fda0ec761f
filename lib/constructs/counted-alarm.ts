import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { METRICS_NAMESPACE, type MetricName, type OverallMetric } from '#shared/platform/metrics.ts';
import type { FunctionName } from '../bundle.ts';
import type { StageContext } from '../stage-context.ts';
import { atLeast, createStageAlarm, type Harm } from './stage-alarm.ts';

/** What an alarm on one of Haven's own counts must say. */
export interface CountedAlarmProps {
  readonly stage: StageContext;
  /** The alarm's name behind the stage's prefix; the runbook has a row of that name. */
  readonly name: string;
  /** What is wrong, and what it means: two sentences. */
  readonly description: string;
  readonly metric: MetricName;
  /** Which function counts it. */
  readonly countedBy: FunctionName;
  /** What it means to people; absent: nobody notices yet. */
  readonly harm?: Harm;
}

/** What an alarm on too many counts must say. */
export interface CountAlarmProps extends CountedAlarmProps {
  /** Counts within five minutes at which it sounds. */
  readonly threshold: number;
}

/** What an alarm on too few counts must say. */
export interface HeartbeatAlarmProps extends CountedAlarmProps {
  /** How often something is counted at least. */
  readonly period: Duration;
  /** Periods in a row without a count, at which it sounds. */
  readonly periods: number;
}

/** What an alarm on a level that stays too low must say. */
export interface LevelAlarmProps extends CountedAlarmProps {
  /** It sounds when the level was below this all the time. */
  readonly atLeast: number;
  /** For how long. */
  readonly minutes: 5 | 10 | 15;
}

/** An alarm on something that Haven counts, which reaches the operators. */
export function createCountAlarm(scope: Construct, id: string, props: CountAlarmProps): cloudwatch.Alarm {
  return createAlarm(scope, id, props, {
    period: Duration.minutes(5),
    ...atLeast(props.threshold),
  });
}

/** An alarm on something that Haven counts, whichever function counts it. */
export function createOverallAlarm(
  scope: Construct,
  id: string,
  {
    metric,
    threshold,
    harm = 'none',
    ...facts
  }: Omit<CountAlarmProps, 'countedBy' | 'metric'> & { readonly metric: OverallMetric },
): cloudwatch.Alarm {
  return createStageAlarm(scope, id, {
    ...facts,
    harm,
    metric: new cloudwatch.Metric({
      namespace: METRICS_NAMESPACE,
      metricName: metric,
      statistic: 'Sum',
      period: Duration.minutes(5),
    }),
    ...atLeast(threshold),
  });
}

/** An alarm on silence: it sounds when something that Haven counts at least once in a period has not happened. */
export function createHeartbeatAlarm(scope: Construct, id: string, props: HeartbeatAlarmProps): cloudwatch.Alarm {
  return createAlarm(scope, id, props, {
    period: props.period,
    threshold: 1,
    evaluationPeriods: props.periods,
    datapointsToAlarm: props.periods,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    // A function that doesn't run at all counts nothing: that is what this is for.
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
  });
}

/** An alarm on a level that Haven reports each minute: it sounds when the highest was too low, and when nobody reports. */
export function createLevelAlarm(scope: Construct, id: string, props: LevelAlarmProps): cloudwatch.Alarm {
  const periods = props.minutes / 5;
  return createAlarm(scope, id, props, {
    period: Duration.minutes(5),
    statistic: 'Maximum',
    threshold: props.atLeast,
    evaluationPeriods: periods,
    datapointsToAlarm: periods,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
  });
}

/** One of Haven's own counts, as a function of the stage makes it. */
export function countedMetric(
  metric: MetricName,
  countedBy: FunctionName,
  period: Duration,
  statistic = 'Sum',
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: METRICS_NAMESPACE,
    metricName: metric,
    dimensionsMap: { service: countedBy },
    statistic,
    period,
  });
}

type Condition = Pick<
  cloudwatch.AlarmProps,
  'threshold' | 'evaluationPeriods' | 'datapointsToAlarm' | 'comparisonOperator'
> & {
  readonly treatMissingData: cloudwatch.TreatMissingData;
  readonly period: Duration;
  readonly statistic?: 'Sum' | 'Maximum';
};

function createAlarm(
  scope: Construct,
  id: string,
  { stage, name, description, metric, countedBy, harm = 'none' }: CountedAlarmProps,
  { period, statistic, ...condition }: Condition,
): cloudwatch.Alarm {
  return createStageAlarm(scope, id, {
    stage,
    name,
    description,
    harm,
    metric: countedMetric(metric, countedBy, period, statistic),
    ...condition,
  });
}
