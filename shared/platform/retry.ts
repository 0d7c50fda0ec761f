import type { Deadline } from './deadline.ts';

/** Waits that many milliseconds. Injected, so that tests don't wait. */
export type Sleep = (durationMs: number) => Promise<void>;

/** Waits by the machine's timer. */
export const sleep: Sleep = (durationMs) => new Promise((resolve) => setTimeout(resolve, durationMs));

/** How to try again. */
export interface RetryPolicy {
  /** Attempts in all, the first one included. */
  readonly maxAttempts: number;
  /** The ceiling of the first wait; doubles with each attempt. */
  readonly baseDelayMs: number;
  /** No wait is longer. */
  readonly maxDelayMs: number;
}

/** The wait before an attempt with "full jitter" (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). */
export function jitteredDelayMs(policy: RetryPolicy, attempt: number, random: () => number = Math.random): number {
  return random() * Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** attempt);
}

/**
 * Runs an operation until it succeeds, fails for good, or attempts or time run out; then throws its last error.
 *
 * @param operation what to try; must be safe to repeat
 * @param isRetryable which failures are worth another attempt
 */
export async function withRetry<T>(
  operation: () => Promise<T>,
  isRetryable: (error: unknown) => boolean,
  policy: RetryPolicy,
  deadline: Deadline,
  wait: Sleep = sleep,
  random: () => number = Math.random,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await operation();
    } catch (error) {
      const delayMs = jitteredDelayMs(policy, attempt, random);
      if (!isRetryable(error) || attempt + 1 >= policy.maxAttempts || !deadline.allows(delayMs)) throw error;
      await wait(delayMs);
    }
  }
}
