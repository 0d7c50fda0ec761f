import type { Clock } from './clock.ts';

/**
 * Keeps a loaded value for a while. For secrets and settings, which change seldom but must be able to change without
 * a deploy. A failed load is not kept.
 *
 * @param ttlMs how long a value is served without loading it again
 */
export function cachedFor<T>(ttlMs: number, clock: Clock, load: () => Promise<T>): () => Promise<T> {
  let cached: { readonly value: T; readonly untilMs: number } | undefined;
  return async () => {
    if (cached === undefined || clock() >= cached.untilMs) {
      cached = { value: await load(), untilMs: clock() + ttlMs };
    }
    return cached.value;
  };
}
