import type { Clock } from './clock.ts';

/** Keeps what was loaded for a while, by key. */
export interface BoundedCache<T> {
  /** What is kept under a key and fresh, or else loaded now; calls at the same time share one load. A failed load is not kept. */
  get(key: string, load: () => Promise<T>): Promise<T>;
}

/** How old what is kept may be, and how much of it there may be. */
export interface CacheBounds {
  readonly ttlMs: number;
  /** Beyond so many the oldest goes. */
  readonly maxEntries: number;
}

/** Makes an empty cache. Its bounds hold whatever is asked: nothing older than `ttlMs` is ever given out, counted from before the load. */
export function createBoundedCache<T>({ ttlMs, maxEntries }: CacheBounds, clock: Clock): BoundedCache<T> {
  const kept = new Map<string, { readonly value: Promise<T>; readonly untilMs: number }>();
  return {
    get(key, load) {
      const found = kept.get(key);
      if (found !== undefined && clock() < found.untilMs) return found.value;
      const entry = { untilMs: clock() + ttlMs, value: load() };
      // Deleted first, so that it is the newest of the map.
      kept.delete(key);
      kept.set(key, entry);
      entry.value.catch(() => {
        if (kept.get(key) === entry) kept.delete(key);
      });
      const [oldest] = kept.keys();
      if (kept.size > maxEntries && oldest !== undefined) kept.delete(oldest);
      return entry.value;
    },
  };
}
