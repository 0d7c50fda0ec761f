/** Buckets for a doubling of the time: what a bucket tells is at most 19 % too long. */
const BUCKETS_PER_DOUBLING = 4;

/** The bucket of a time, in milliseconds: from 0, each a fixed factor longer than the one before. */
export function latencyBucket(latencyMs: number): number {
  return Math.max(0, Math.ceil(Math.log2(Math.max(1, latencyMs)) * BUCKETS_PER_DOUBLING));
}

/** The longest time that a bucket is for, in milliseconds. */
function bucketEndMs(bucket: number): number {
  return Math.round(2 ** (bucket / BUCKETS_PER_DOUBLING));
}

/** How long something took. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/**
 * What buckets say of times, each rounded up to the end of its bucket, in milliseconds.
 *
 * @param counts by bucket
 * @returns null when there are none
 */
export function latencyOf(counts: ReadonlyMap<number, number>): Latency | null {
  const sorted = [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  const last = sorted.at(-1);
  if (last === undefined) return null;
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  const at = (share: number) => {
    let seen = 0;
    for (const [bucket, count] of sorted) {
      seen += count;
      if (seen >= Math.ceil(total * share)) return bucketEndMs(bucket);
    }
    return bucketEndMs(last[0]);
  };
  return { p50: at(0.5), p95: at(0.95), max: bucketEndMs(last[0]) };
}
