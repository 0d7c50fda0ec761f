import * as z from 'zod';

/** Hours that count besides the one under way: what was spent less than 24 hours ago is in one of these. */
const PAST_HOURS = 24;
const HOUR_MS = 60 * 60 * 1000;

/**
 * What a wallet has spent of one asset, and what it may still spend: what open transactions hold, and what those that
 * have ended moved, by the hour in which they ended. Base units as decimal strings.
 */
export const spendWindowSchema = z.object({
  /** What open transactions may still move. */
  held: z.string().regex(/^\d+$/).default('0'),
  /** What moved, by hours since the Unix epoch. */
  buckets: z.record(z.string().regex(/^\d+$/), z.string().regex(/^\d+$/)),
  /** 0: never stored. */
  version: z.number().int().nonnegative(),
});

/** What a wallet has spent of one asset. */
export type SpendWindow = z.output<typeof spendWindowSchema>;

/** Nothing was ever spent. */
export const NOTHING_SPENT: SpendWindow = { held: '0', buckets: {}, version: 0 };

/**
 * What counts against a rolling day: all that open transactions hold, however long they have been open, because any of
 * it may move now; and what moved in the hour under way and the 24 before it. So an amount counts from its acceptance
 * until at least 24 and less than 25 hours after the end of its transaction: a day may end up to an hour late, never
 * early. What a machine whose clock is ahead wrote counts too.
 */
export function spent({ held, buckets }: SpendWindow, nowMs: number): bigint {
  return Object.values(current(buckets, nowMs)).reduce((sum, amount) => sum + BigInt(amount), BigInt(held));
}

/**
 * The window when an open transaction holds an amount more.
 *
 * @param amount base units
 */
export function withHeld(window: SpendWindow, amount: bigint): SpendWindow {
  return { ...window, held: (BigInt(window.held) + amount).toString() };
}

/**
 * The window when an open transaction holds an amount less, or has ended. Never less than nothing is held.
 *
 * @param amount base units
 */
export function withReleased(window: SpendWindow, amount: bigint): SpendWindow {
  const left = BigInt(window.held) - amount;
  return { ...window, held: (left > 0n ? left : 0n).toString() };
}

/**
 * The window after an amount has moved. Hours that count no more are dropped.
 *
 * @param amount base units
 */
export function withSpent(window: SpendWindow, amount: bigint, nowMs: number): SpendWindow {
  const buckets = current(window.buckets, nowMs);
  const hour = String(Math.floor(nowMs / HOUR_MS));
  const total = BigInt(buckets[hour] ?? '0') + amount;
  return { ...window, buckets: { ...buckets, [hour]: total.toString() } };
}

function current(buckets: SpendWindow['buckets'], nowMs: number): Record<string, string> {
  const oldest = Math.floor(nowMs / HOUR_MS) - PAST_HOURS;
  return Object.fromEntries(Object.entries(buckets).filter(([hour]) => Number(hour) >= oldest));
}
