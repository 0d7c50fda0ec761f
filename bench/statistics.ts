/** The middle and the tail of a set of measurements, in their own unit. */
export interface Spread {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

function ascending(values: readonly number[]): number[] {
  if (values.length === 0) throw new RangeError('There are no measurements');
  return [...values].sort((a, b) => a - b);
}

/**
 * The nearest-rank percentile: always one of the measurements. Of few of them the high ones are the largest.
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

/** The middle and the tail of measurements. */
export function spreadOf(values: readonly number[]): Spread {
  return { p50: percentile(values, 50), p95: percentile(values, 95), p99: percentile(values, 99) };
}

/** The medians of several spreads: what is reported of several rounds. */
export function medianSpread(spreads: readonly Spread[]): Spread {
  return {
    p50: median(spreads.map(({ p50 }) => p50)),
    p95: median(spreads.map(({ p95 }) => p95)),
    p99: median(spreads.map(({ p99 }) => p99)),
  };
}
