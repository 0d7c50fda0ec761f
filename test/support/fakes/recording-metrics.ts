import type { MetricName, Metrics } from '#shared/platform/metrics.ts';

/** Metrics that keep their counts. */
export interface RecordingMetrics {
  readonly metrics: Metrics;
  /** Totals by name; a metric that was never counted is absent. */
  counts(): Readonly<Partial<Record<MetricName, number>>>;
}

/** Makes metrics that keep their counts. */
export function createRecordingMetrics(): RecordingMetrics {
  const totals = new Map<MetricName, number>();
  return {
    metrics: {
      count(name, value = 1) {
        totals.set(name, (totals.get(name) ?? 0) + value);
      },
    },
    counts: () => Object.fromEntries(totals),
  };
}
