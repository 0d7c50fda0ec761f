import * as z from 'zod';

const dimensionsSchema = z
  .array(z.object({ Name: z.string(), Value: z.string() }))
  .default([])
  .transform((dimensions) => Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value])));

const ownMetricSchema = z.object({ Namespace: z.string(), MetricName: z.string(), Dimensions: dimensionsSchema });
const queriesSchema = z.array(
  z.object({
    Expression: z.string().optional(),
    MetricStat: z.object({ Metric: ownMetricSchema, Stat: z.string(), Period: z.number() }).optional(),
  }),
);

/** An alarm of CloudWatch on one metric, or on a calculation over several. */
export const alarmSchema = z
  .object({
    AlarmName: z.string(),
    AlarmDescription: z.string().default(''),
    AlarmActions: z.array(z.string()).default([]),
    TreatMissingData: z.string(),
    Threshold: z.number(),
    Period: z.number().optional(),
    EvaluationPeriods: z.number(),
    Metrics: queriesSchema.default([]),
    Namespace: z.string().optional(),
    MetricName: z.string().optional(),
    Dimensions: dimensionsSchema,
    Statistic: z.string().optional(),
  })
  .transform(({ Metrics, Namespace, MetricName, Dimensions, Statistic, ...alarm }) => ({
    ...alarm,
    /** What it is calculated by; undefined where it is on a metric as it stands. */
    expression: Metrics.find(({ Expression }) => Expression !== undefined)?.Expression,
    /** Every metric that it is on. */
    metrics: [
      ...Metrics.flatMap(({ MetricStat }) =>
        MetricStat === undefined ? [] : { ...MetricStat.Metric, Stat: MetricStat.Stat, Period: MetricStat.Period },
      ),
      ...(Namespace === undefined || MetricName === undefined
        ? []
        : [{ Namespace, MetricName, Dimensions, Stat: Statistic, Period: alarm.Period ?? 0 }]),
    ],
  }));
