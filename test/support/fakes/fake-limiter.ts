import type { RateDecision, RatePolicy } from '#shared/platform/rate-limit/gcra.ts';
import type { RateLimiter } from '#shared/platform/rate-limit/rate-limiter.ts';

/** A limiter that decides as told and keeps what it was asked. */
export interface FakeLimiter extends RateLimiter {
  readonly asked: readonly { readonly key: string; readonly policy: RatePolicy }[];
}

/** What a limiter says that has plenty left. */
export const PLENTY: RateDecision = { allowed: true, remaining: 99, resetMs: 600, retryAfterMs: 0 };

/**
 * Makes a limiter.
 *
 * @param decide what it says to a key; an Error is thrown: the limiter is out of order
 */
export function createFakeLimiter(decide: (key: string) => RateDecision | Error = () => PLENTY): FakeLimiter {
  const asked: { readonly key: string; readonly policy: RatePolicy }[] = [];
  return {
    asked,
    async check(key, policy) {
      asked.push({ key, policy });
      const decision = decide(key);
      if (decision instanceof Error) throw decision;
      return decision;
    },
  };
}
