import { describe, expect, it } from 'vitest';
import { cachedFor } from '#shared/platform/cached.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';

function caching(load: (call: number) => Promise<string>) {
  const clock = createFakeClock();
  let calls = 0;
  const read = cachedFor(1_000, clock.now, () => {
    calls += 1;
    return load(calls);
  });
  return { clock, read, calls: () => calls };
}

describe('cachedFor', () => {
  it('serves a value until its time is over, then loads it again', async () => {
    const { clock, read, calls } = caching(async (call) => `value ${call}`);
    expect(await read()).toBe('value 1');
    clock.advance(999);
    expect(await read()).toBe('value 1');
    clock.advance(1);
    expect(await read()).toBe('value 2');
    expect(calls()).toBe(2);
  });

  it('does not keep a failed load', async () => {
    const { read } = caching(async (call) => {
      if (call === 1) throw new Error('no');
      return `value ${call}`;
    });
    await expect(read()).rejects.toThrow('no');
    expect(await read()).toBe('value 2');
  });

  it('does not serve an old value when a later load fails: a setting that is gone must be noticed', async () => {
    const { clock, read } = caching(async (call) => {
      if (call === 2) throw new Error('no');
      return `value ${call}`;
    });
    await read();
    clock.advance(1_000);
    await expect(read()).rejects.toThrow('no');
  });

  it('shares one load among all who ask while it runs', async () => {
    const { read, calls } = caching(async (call) => `value ${call}`);
    expect(await Promise.all([read(), read(), read()])).toEqual(['value 1', 'value 1', 'value 1']);
    expect(calls()).toBe(1);
  });

  it('shares a failure among those who asked while it ran, and nobody else', async () => {
    const { read, calls } = caching(async (call) => {
      if (call === 1) throw new Error('no');
      return `value ${call}`;
    });
    const outcomes = await Promise.allSettled([read(), read()]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect([await read(), calls()]).toEqual(['value 2', 2]);
  });

  it('counts the time of a value from when it was asked for: one that took long is not served for longer', async () => {
    const loads: ((value: string) => void)[] = [];
    const { clock, read } = caching(() => new Promise((resolve) => loads.push(resolve)));
    const first = read();
    clock.advance(999);
    loads[0]?.('slow');
    expect(await first).toBe('slow');
    clock.advance(1);
    const second = read();
    loads[1]?.('new');
    expect(await second).toBe('new');
  });

  it('does not forget a newer value when an older load fails at last', async () => {
    const loads: { resolve(value: string): void; reject(error: Error): void }[] = [];
    const { clock, read, calls } = caching(() => new Promise((resolve, reject) => loads.push({ resolve, reject })));
    const old = read();
    clock.advance(1_000);
    const fresh = read();
    loads[1]?.resolve('new');
    loads[0]?.reject(new Error('no'));
    await expect(old).rejects.toThrow('no');
    expect([await fresh, await read(), calls()]).toEqual(['new', 'new', 2]);
  });

  it('keeps a value that is undefined as well', async () => {
    let calls = 0;
    const read = cachedFor(1_000, createFakeClock().now, async () => {
      calls += 1;
      return undefined;
    });
    expect([await read(), await read(), calls]).toEqual([undefined, undefined, 1]);
  });
});
