import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { METRICS_NAMESPACE, type MetricName } from '#shared/platform/metrics.ts';
import type { FunctionName } from '../../bundle.ts';
import { countedMetric } from '../../constructs/counted-alarm.ts';
import type { StageContext } from '../../stage-context.ts';

/** Widgets in a row of 24 columns. */
const HALF = 12;
const HEIGHT = 6;
/** CloudWatch's limit on the alarms of one widget. */
const ALARMS_PER_WIDGET = 100;
const PERIOD = Duration.minutes(5);

/** The dashboard of a stage, row by row, from what its stacks have made: alarms first, then what customers use, then what works behind it. */
export function dashboardRows(
  stage: StageContext,
  composites: readonly cloudwatch.CompositeAlarm[],
): cloudwatch.IWidget[][] {
  const { book } = stage;
  return [
    ...alarmRows([...composites, ...book.alarms.map(({ alarm }) => alarm)]),
    [
      graph('Requests', [api(stage, 'Count', 'Sum'), api(stage, '4XXError', 'Sum'), api(stage, '5XXError', 'Sum')]),
      graph('Latency', [api(stage, 'Latency', 'p50'), api(stage, 'Latency', 'p99')]),
    ],
    [
      graph(
        'Lanes',
        counts(
          'TransactionAccepted',
          'TransactionSigned',
          'TransactionConfirmed',
          'TransactionReverted',
          'TransactionFailed',
        ),
      ),
      graph('Chains', counts('RpcUnavailable', 'CircuitOpened', 'BalanceLow', 'NonceGapSeen', 'LaneHeld')),
    ],
    [
      graph('Orders', counts('CartCreated', 'OrderPlaced', 'OrderPaid', 'OrderFulfilled', 'OrderExpired')),
      graph(
        'Payments',
        counts('PaymentScanFailed', 'PaymentScanBehind', 'PaymentDisputed', 'PaymentWebhookApplied', 'RefundConfirmed'),
      ),
    ],
    [
      graph('Alerts', counts('AlertRecorded', 'CriticalAlert', 'AlertDelivered', 'AlertNotDelivered', 'AlertGivenUp')),
      graph(
        'Refused',
        counts('RequestRefused', 'AuthenticationRefused', 'LockoutStarted', 'PolicyDenied', 'RateLimited'),
      ),
    ],
    [
      graph(
        'Age of the oldest message, seconds',
        book.queues.map((queue) => ofQueue(queue, 'ApproximateAgeOfOldestMessage', 'Maximum')),
      ),
      graph(
        'Dead letters',
        book.deadLetterQueues.map((queue) => ofQueue(queue, 'ApproximateNumberOfMessagesVisible', 'Maximum')),
      ),
    ],
    [
      graph('Runs of jobs that ended well, percent', book.jobs.map(successOf)),
      graph(
        'Duration of jobs (p99), ms',
        book.jobs.map((job) => labelled(countedMetric('JobDurationMs', job, PERIOD, 'p99'), job)),
      ),
    ],
    [
      graph(
        'Errors of functions',
        book.functions.map(({ name }) => ofFunction(stage, name, 'Errors', 'Sum')),
      ),
      graph(
        'Throttles of functions',
        book.functions.map(({ name }) => ofFunction(stage, name, 'Throttles', 'Sum')),
      ),
    ],
    [
      graph(
        'Cost: calls of functions',
        book.functions.map(({ name }) => ofFunction(stage, name, 'Invocations', 'Sum')),
      ),
      graph(
        'Cost: time of functions, ms',
        book.functions.map(({ name }) => ofFunction(stage, name, 'Duration', 'Sum')),
      ),
    ],
    [
      graph(
        'Cost: capacity of tables',
        book.tables.flatMap((name) =>
          ['ConsumedReadCapacityUnits', 'ConsumedWriteCapacityUnits'].map((metricName) =>
            ofTable(stage, name, metricName),
          ),
        ),
      ),
      graph('Cost: KMS and messages', [
        new cloudwatch.Metric({
          namespace: 'AWS/Usage',
          metricName: 'CallCount',
          dimensionsMap: { Service: 'KMS', Type: 'API', Class: 'None', Resource: 'CryptographicOperationsSymmetric' },
          statistic: 'Sum',
          period: PERIOD,
          label: 'KMS calls of the account',
        }),
        ...book.queues.map((queue) => ofQueue(queue, 'NumberOfMessagesSent', 'Sum')),
      ]),
    ],
  ];
}

function alarmRows(alarms: readonly cloudwatch.IAlarm[]): cloudwatch.IWidget[][] {
  const widgets = Math.ceil(alarms.length / ALARMS_PER_WIDGET);
  return Array.from({ length: widgets }, (_, index) => [
    new cloudwatch.AlarmStatusWidget({
      title: widgets === 1 ? 'Alarms' : `Alarms, ${index + 1} of ${widgets}`,
      width: 2 * HALF,
      height: HEIGHT,
      sortBy: cloudwatch.AlarmStatusWidgetSortBy.STATE_UPDATED_TIMESTAMP,
      alarms: alarms.slice(index * ALARMS_PER_WIDGET, (index + 1) * ALARMS_PER_WIDGET),
    }),
  ]);
}

function graph(title: string, left: cloudwatch.IMetric[]): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({ title, left, width: HALF, height: HEIGHT, leftYAxis: { min: 0 } });
}

/** Haven's own counts, of whichever function makes them. */
function counts(...names: readonly MetricName[]): cloudwatch.IMetric[] {
  return names.map(
    (name) =>
      new cloudwatch.MathExpression({
        expression: `SUM(SEARCH('{${METRICS_NAMESPACE},service} MetricName="${name}"', 'Sum', ${PERIOD.toSeconds()}))`,
        label: name,
        period: PERIOD,
      }),
  );
}

function successOf(job: FunctionName, index: number): cloudwatch.IMetric {
  return new cloudwatch.MathExpression({
    expression: `100 * FILL(ran${index}, 0) / (FILL(ran${index}, 0) + FILL(failed${index}, 0))`,
    label: job,
    period: PERIOD,
    usingMetrics: {
      [`ran${index}`]: countedMetric('JobRan', job, PERIOD),
      [`failed${index}`]: countedMetric('JobFailed', job, PERIOD),
    },
  });
}

function labelled(metric: cloudwatch.Metric, label: string): cloudwatch.IMetric {
  return metric.with({ label });
}

function api(stage: StageContext, metricName: string, statistic: string): cloudwatch.IMetric {
  const dimensionsMap = { ApiName: stage.resourceName('api') };
  return new cloudwatch.Metric({ namespace: 'AWS/ApiGateway', metricName, dimensionsMap, statistic, period: PERIOD });
}

function ofFunction(
  stage: StageContext,
  name: FunctionName,
  metricName: string,
  statistic: string,
): cloudwatch.IMetric {
  const dimensionsMap = { FunctionName: stage.resourceName(name) };
  return new cloudwatch.Metric({
    namespace: 'AWS/Lambda',
    metricName,
    dimensionsMap,
    statistic,
    period: PERIOD,
    label: name,
  });
}

function ofTable(stage: StageContext, name: string, metricName: string): cloudwatch.IMetric {
  const dimensionsMap = { TableName: stage.resourceName(name) };
  const label = `${name}, ${metricName.includes('Read') ? 'read' : 'written'}`;
  return new cloudwatch.Metric({
    namespace: 'AWS/DynamoDB',
    metricName,
    dimensionsMap,
    statistic: 'Sum',
    period: PERIOD,
    label,
  });
}

function ofQueue(queue: IQueue, metricName: string, statistic: string): cloudwatch.IMetric {
  return queue.metric(metricName, { statistic, period: PERIOD });
}
