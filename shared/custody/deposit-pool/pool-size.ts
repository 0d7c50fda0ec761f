import * as z from 'zod';

/**
 * The most wallets that a pool has: all slots are read with each look, 250 bytes each, and a shard must fit into one page of
 * 1 MB by far.
 */
const MAX_TARGET = 2_000;

/**
 * How many deposit wallets wait to be taken. One pool for a stage and not one for each chain: an address is the same on all
 * chains that Haven knows, and one that is given out is never given out again, on whatever chain.
 */
export const poolSizeShape = {
  target: z
    .number()
    .int()
    .min(0)
    .max(MAX_TARGET)
    .default(200)
    .describe(
      'Wallets that wait for an order when the pool is full: as many checkouts as may come within the minute until the next refill, twice over. 0: no pool.',
    ),
  low_water: z
    .number()
    .int()
    .min(0)
    .max(MAX_TARGET)
    .default(50)
    .describe(
      'Fewer than this raise an alert, and make whoever takes one have the pool refilled at once; above 100, the schedule of each minute notices.',
    ),
} as const;

/** How many deposit wallets wait to be taken. */
export interface PoolSize {
  /** When the pool is full. */
  readonly target: number;
  /** Fewer than this are too few. */
  readonly lowWater: number;
}

/** How a pool stands. `empty`: whoever asks for a wallet gets none. */
export const poolStatusSchema = z.enum(['filled', 'low', 'empty']);

/** How a pool stands. */
export type PoolStatus = z.output<typeof poolStatusSchema>;

/** How a pool stands that has so many wallets. A stage without a pool lacks none. */
export function poolStatus(free: number, { target, lowWater }: PoolSize): PoolStatus {
  if (target === 0 || free >= Math.max(lowWater, 1)) return 'filled';
  return free === 0 ? 'empty' : 'low';
}

const SEVERITY: Readonly<Record<PoolStatus, number>> = { filled: 0, low: 1, empty: 2 };

/** Whether a pool stands worse than it did; what operators must hear of. */
export function isWorse(before: PoolStatus, after: PoolStatus): boolean {
  return SEVERITY[after] > SEVERITY[before];
}
