import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { FunctionName } from '../bundle.ts';
import type { BookedFunction } from '../stage-book.ts';
import type { StageContext } from '../stage-context.ts';
import { countedMetric } from './counted-alarm.ts';
import { atLeast, createStageAlarm, type Harm } from './stage-alarm.ts';

/** Errors within five minutes below which no alarm sounds: one failed call is a log line, not a page. */
const ERROR_ALARM_MINIMUM = 3;
/** The share of calls, in percent, that must fail besides: three of ten thousand are no fault of the function. */
const ERROR_ALARM_PERCENT = 1;
const ALARM_PERIOD = Duration.minutes(5);
/** Share of the time-out at which a call is slow. */
const SLOW = 0.9;

/** What a function's alarms need to know of it. */
interface Alarmed {
  readonly stage: StageContext;
  readonly name: FunctionName;
  readonly calledBy: { readonly kind: BookedFunction['calledBy'] };
  readonly timeout: Duration;
  /** What customers notice when it fails. */
  readonly errorImpact: string;
  readonly harm: Harm;
  /** Whether an error of the function is a fault; absent: it is. */
  readonly errorsAreFaults?: boolean;
}

/**
 * The alarms that every function has: on throttles, on a p99 near its time-out, and on errors.
 *
 * @param aside where those on throttles and duration are made
 * @returns the one on errors; none where errors are no faults
 */
export function createFunctionAlarms(
  scope: Construct,
  aside: Construct,
  props: Alarmed,
  fn: lambda.Function,
): readonly cloudwatch.Alarm[] {
  const { stage, name, errorImpact, timeout, harm } = props;
  const fullName = stage.resourceName(name);
  createStageAlarm(aside, 'ThrottleAlarm', {
    stage,
    name: `${name}-throttles`,
    description: `${fullName} is throttled. ${errorImpact}`,
    harm,
    metric: fn.metricThrottles({ period: ALARM_PERIOD, statistic: 'Sum' }),
    ...atLeast(1),
  });
  createStageAlarm(aside, 'DurationAlarm', {
    stage,
    name: `${name}-duration`,
    description: `${fullName} takes nearly its whole time-out (p99). ${errorImpact}`,
    // It still ends: what then fails is counted as an error.
    harm: harm === 'telling' ? 'telling' : 'none',
    metric: fn.metricDuration({ period: ALARM_PERIOD, statistic: 'p99' }),
    threshold: timeout.toMilliseconds() * SLOW,
    evaluationPeriods: 3,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
  if (props.errorsAreFaults === false) return [];
  const errors = createStageAlarm(scope, 'ErrorAlarm', {
    stage,
    name: `${name}-errors`,
    description: `${fullName} fails. ${errorImpact}`,
    harm,
    ...(stage.config.alarms.derived ? errorRate(props, fn) : errorCount(fn)),
  });
  return [errors];
}

function errorCount(fn: lambda.Function) {
  return { metric: fn.metricErrors({ period: ALARM_PERIOD, statistic: 'Sum' }), ...atLeast(ERROR_ALARM_MINIMUM) };
}

/** In percent of its calls, from the minimum on. An API function answers most of its errors itself: those it counts. */
function errorRate({ name, calledBy }: Alarmed, fn: lambda.Function) {
  const answered = calledBy.kind === 'api';
  const failures = answered ? 'FILL(errors, 0) + FILL(failed, 0)' : 'FILL(errors, 0)';
  return {
    metric: new cloudwatch.MathExpression({
      expression: `IF(${failures} >= ${ERROR_ALARM_MINIMUM}, 100 * (${failures}) / calls, 0)`,
      label: `Failed calls of ${name}, percent`,
      period: ALARM_PERIOD,
      usingMetrics: {
        calls: fn.metricInvocations({ statistic: 'Sum' }),
        errors: fn.metricErrors({ statistic: 'Sum' }),
        ...(answered ? { failed: countedMetric('RequestFailed', name, ALARM_PERIOD) } : {}),
      },
    }),
    threshold: ERROR_ALARM_PERCENT,
    evaluationPeriods: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  };
}
