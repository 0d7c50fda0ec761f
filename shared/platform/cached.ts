import type { Clock } from './clock.ts';

/**
 * Keeps a loaded value for a while. For secrets and settings, which change seldom but must be able to change without
 * a deploy. A failed load is not kept.
 *
 * @param ttlMs how long a value is served without loading it again
 */
export function cachedFor<T>(ttlMs: number, clock: Clock, load: () => Promise<T>): () => Promise<T> {
  let cached: { readonly value: Promise<T>; readonly untilMs: number } | undefined;
  return () => {
    if (cached === undefined || clock() >= cached.untilMs) {
      // The promise is kept, not its value, so that calls at the same time share one load.
      const loading = { value: load(), untilMs: clock() + ttlMs };
      cached = loading;
      loading.value.catch(() => {
        if (cached === loading) cached = undefined;
      });
    }
    return cached.value;
  };
}
