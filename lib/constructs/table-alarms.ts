import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { StageContext } from '../stage-context.ts';
import { atLeast, createStageAlarm } from './stage-alarm.ts';

/** What a table's alarms need to know of it. */
interface AlarmedTable {
  readonly stage: StageContext;
  /** Without the stage's prefix. */
  readonly name: string;
  readonly indexes: number;
}

/** Throttles within five minutes: a table on demand throttles a moment when its load doubles, and the SDK tries again. */
const THROTTLES = 20;
/** DynamoDB's own faults within five minutes: the SDK tries again after each, so one alone nobody notices. */
const SYSTEM_ERRORS = 5;
const PERIOD = Duration.minutes(5);

/** Every operation that Haven uses: DynamoDB counts its faults by operation. */
const OPERATIONS = [
  'BatchGetItem',
  'DeleteItem',
  'GetItem',
  'PutItem',
  'Query',
  'Scan',
  'TransactGetItems',
  'TransactWriteItems',
  'UpdateItem',
];

/**
 * The alarms on a table: throttles, its indexes' included, and DynamoDB's own faults. Both are sums, which an alarm on one metric can't
 * be (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html).
 */
export function createTableAlarms(scope: Construct, { stage, name, indexes }: AlarmedTable): void {
  const table = { TableName: stage.resourceName(name) };
  const places = [
    table,
    ...Array.from({ length: indexes }, (_, index) => ({ ...table, GlobalSecondaryIndexName: `gsi${index + 1}` })),
  ];
  createStageAlarm(scope, 'TableThrottles', {
    stage,
    name: `table-${name}-throttles`,
    description: `DynamoDB throttles the table ${name} or an index of it. What reads and writes it is slow, and fails in the end.`,
    harm: 'none',
    metric: sumOf(
      places.flatMap((dimensions) => [
        metric('ReadThrottleEvents', dimensions),
        metric('WriteThrottleEvents', dimensions),
      ]),
      `Throttles of ${name}`,
    ),
    ...atLeast(THROTTLES),
  });
  createStageAlarm(scope, 'TableSystemErrors', {
    stage,
    name: `table-${name}-system-errors`,
    description: `DynamoDB fails on the table ${name}, through no fault of Haven's. Requests that need it fail.`,
    harm: 'requests',
    metric: sumOf(
      OPERATIONS.map((Operation) => metric('SystemErrors', { ...table, Operation })),
      `System errors of ${name}`,
    ),
    ...atLeast(SYSTEM_ERRORS),
  });
}

function metric(metricName: string, dimensionsMap: Record<string, string>): cloudwatch.Metric {
  return new cloudwatch.Metric({ namespace: 'AWS/DynamoDB', metricName, dimensionsMap, statistic: 'Sum' });
}

function sumOf(metrics: readonly cloudwatch.Metric[], label: string): cloudwatch.MathExpression {
  const named = metrics.map((one, index) => [`m${index}`, one] as const);
  return new cloudwatch.MathExpression({
    expression: named.map(([id]) => `FILL(${id}, 0)`).join(' + '),
    label,
    period: PERIOD,
    usingMetrics: Object.fromEntries(named),
  });
}
