/** The middle and the tail of a set of measurements, in their own unit. */
export interface Spread {
  /** How many measurements there are. */
  readonly count: number;
  readonly min: number;
  readonly median: number;
  /** null below P95_COUNT measurements: it would be the largest one under another name. */
  readonly p95: number | null;
  /** null below P99_COUNT measurements. */
  readonly p99: number | null;
  readonly max: number;
}

/** The fewest measurements of which at least one is above the 95th percentile. */
const P95_COUNT = 20;
/** The fewest measurements of which at least one is above the 99th percentile. */
const P99_COUNT = 100;

function ascending(values: readonly number[]): number[] {
  if (values.length === 0) throw new RangeError('There are no measurements');
  return [...values].sort((a, b) => a - b);
}

/**
 * The nearest-rank percentile: always one of the measurements.
 *
 * @param percent 0 to 100
 * @throws RangeError when there are none
 */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = ascending(values);
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/**
 * The middle measurement; of an even number the mean of the two in the middle.
 *
 * @throws RangeError when there are none
 */
export function median(values: readonly number[]): number {
  const sorted = ascending(values);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/**
 * The middle and the tail of measurements.
 *
 * @returns null when there are none
 */
export function spreadOf(values: readonly number[]): Spread | null {
  const count = values.length;
  if (count === 0) return null;
  return {
    count,
    min: Math.min(...values),
    median: median(values),
    p95: count < P95_COUNT ? null : percentile(values, 95),
    p99: count < P99_COUNT ? null : percentile(values, 99),
    max: Math.max(...values),
  };
}
