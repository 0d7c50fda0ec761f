import type { Deadline } from '../deadline.ts';
import { type RetryPolicy, type Sleep, sleep, withRetry } from '../retry.ts';
import { tooManyRivals } from './write-transaction.ts';

/** What a change was computed from was changed after it was read: to be read and computed anew. */
export class Raced extends Error {}

/**
 * Reads, computes and writes until nobody came in between.
 *
 * @param attempt throws Raced when somebody did
 * @throws WRITE_CONFLICT when others came first all the time; what else the attempt throws
 */
export async function untilUnraced<T>(
  attempt: () => Promise<T>,
  policy: RetryPolicy,
  deadline: Deadline,
  wait: Sleep = sleep,
): Promise<T> {
  try {
    return await withRetry(attempt, (error) => error instanceof Raced, policy, deadline, wait);
  } catch (error) {
    throw error instanceof Raced ? tooManyRivals(error) : error;
  }
}
