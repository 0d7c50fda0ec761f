import { parseRetryAfterMs } from '#shared/platform/http/retry-after.ts';
import { jitteredDelayMs, type RetryPolicy } from '#shared/platform/retry.ts';

/** Waits of up to 0.2, 0.4 and 0.8 s: enough for a function to start, and no strain on a caller's patience. */
export const CLIENT_RETRY: RetryPolicy = { maxAttempts: 4, baseDelayMs: 200, maxDelayMs: 5_000 };

/** The window of Haven's rate limits: who is asked to wait longer is better told so than kept waiting. */
export const MAX_RETRY_AFTER_MS = 60_000;

/** How an attempt ended. */
export type Outcome =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfter: string | null }
  | { readonly kind: 'unanswered' };

/**
 * How long to wait before another attempt. Pure.
 *
 * @param repeatable whether the request may be sent again without knowing what became of it: it only reads, or it has
 *   an Idempotency-Key
 * @param attempt 0 for the first
 * @param random 0 to 1
 * @returns milliseconds; undefined when there must be no other attempt
 */
export function retryDelayMs(
  outcome: Outcome,
  repeatable: boolean,
  attempt: number,
  policy: RetryPolicy,
  nowMs: number,
  random: () => number,
): number | undefined {
  if (attempt + 1 >= policy.maxAttempts || !isRetryable(outcome, repeatable)) return undefined;
  const backOffMs = jitteredDelayMs(policy, attempt, random);
  const askedMs = outcome.kind === 'answered' ? parseRetryAfterMs(outcome.retryAfter, nowMs) : undefined;
  if (askedMs === undefined) return backOffMs;
  // The jitter comes on top: many clients that were told the same time must not come back at once.
  return askedMs > MAX_RETRY_AFTER_MS ? undefined : askedMs + backOffMs;
}

/** 429 and 503 say that nothing was done, so even what must not be repeated blindly can be sent again. */
function isRetryable(outcome: Outcome, repeatable: boolean): boolean {
  if (outcome.kind === 'unanswered') return repeatable;
  if (outcome.status === 429 || outcome.status === 503) return true;
  // A conflict that names a time passes by itself; any other is an answer.
  if (outcome.status === 409) return repeatable && outcome.retryAfter !== null;
  return repeatable && outcome.status >= 500;
}
