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

  it('keeps a value that is undefined as well', async () => {
    let calls = 0;
    const read = cachedFor(1_000, createFakeClock().now, async () => {
      calls += 1;
      return undefined;
    });
    expect([await read(), await read(), calls]).toEqual([undefined, undefined, 1]);
  });
});
