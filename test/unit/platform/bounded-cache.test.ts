import { describe, expect, it } from 'vitest';
import { createBoundedCache } from '#shared/platform/bounded-cache.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';

function cache(maxEntries = 2) {
  const clock = createFakeClock();
  const kept = createBoundedCache<number>({ ttlMs: 1_000, maxEntries }, clock.now);
  let loads = 0;
  const get = (key: string) => kept.get(key, async () => (loads += 1));
  return { clock, kept, get, loads: () => loads };
}

describe('a bounded cache', () => {
  it('gives out nothing older than its bound, counted from before the load', async () => {
    const { clock, kept } = cache();
    const slow = (value: number) =>
      kept.get('a', async () => {
        clock.advance(900);
        return value;
      });
    expect(await slow(1)).toBe(1);
    clock.advance(99);
    expect(await slow(2)).toBe(1);
    clock.advance(1);
    expect(await slow(3)).toBe(3);
  });

  it('shares one load among calls at the same time', async () => {
    const { get, loads } = cache();
    expect(await Promise.all([get('a'), get('a'), get('a')])).toEqual([1, 1, 1]);
    expect(loads()).toBe(1);
  });

  it('keeps no failure', async () => {
    const { kept, get } = cache();
    await expect(kept.get('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await get('a')).toBe(1);
  });

  it('holds so many entries and no more: the oldest goes', async () => {
    const { get } = cache();
    for (const key of ['a', 'b', 'c']) await get(key);
    expect([await get('c'), await get('b')]).toEqual([3, 2]);
    expect(await get('a')).toBe(4);
  });

  it('is not confused by keys that objects have', async () => {
    const { get } = cache();
    expect(await get('__proto__')).toBe(1);
    expect(await get('constructor')).toBe(2);
  });
});
