import * as z from 'zod';

/** Hours that count besides the one under way: what was spent less than 24 hours ago is in one of these. */
const PAST_HOURS = 24;
const HOUR_MS = 60 * 60 * 1000;

/** What a wallet has spent of one asset, by the hour in which it was accepted. Base units as decimal strings. */
export const spendWindowSchema = z.object({
  /** By hours since the Unix epoch. */
  buckets: z.record(z.string().regex(/^\d+$/), z.string().regex(/^\d+$/)),
  /** 0: never stored. */
  version: z.number().int().nonnegative(),
});

/** What a wallet has spent of one asset. */
export type SpendWindow = z.output<typeof spendWindowSchema>;

/** Nothing was ever spent. */
export const NOTHING_SPENT: SpendWindow = { buckets: {}, version: 0 };

/** The hour of a time, in hours since the Unix epoch. */
export function hourOf(nowMs: number): number {
  return Math.floor(nowMs / HOUR_MS);
}

/**
 * What counts against a rolling day: everything of the hour under way and the 24 before it. So an amount counts for at
 * least 24 hours and for less than 25: a day may end up to an hour late, never early. What a machine whose clock is
 * ahead wrote counts too.
 */
export function spent({ buckets }: SpendWindow, nowMs: number): bigint {
  return Object.values(current(buckets, nowMs)).reduce((sum, amount) => sum + BigInt(amount), 0n);
}

/**
 * The window after an amount more was spent. Hours that count no more are dropped.
 *
 * @param amount base units
 */
export function withSpent(window: SpendWindow, amount: bigint, nowMs: number): SpendWindow {
  const buckets = current(window.buckets, nowMs);
  const hour = String(hourOf(nowMs));
  const total = BigInt(buckets[hour] ?? '0') + amount;
  return { buckets: { ...buckets, [hour]: total.toString() }, version: window.version };
}

/**
 * The window after an amount was given back that a certain hour has. Nothing is given back twice over: an hour never has
 * less than nothing.
 *
 * @param hour as `hourOf` gave it when the amount was spent
 * @param amount base units
 */
export function withGivenBack(window: SpendWindow, hour: number, amount: bigint): SpendWindow {
  const { [String(hour)]: before, ...others } = window.buckets;
  if (before === undefined) return window;
  const left = BigInt(before) - amount;
  return { buckets: left > 0n ? { ...others, [String(hour)]: left.toString() } : others, version: window.version };
}

function current(buckets: SpendWindow['buckets'], nowMs: number): Record<string, string> {
  const oldest = hourOf(nowMs) - PAST_HOURS;
  return Object.fromEntries(Object.entries(buckets).filter(([hour]) => Number(hour) >= oldest));
}
