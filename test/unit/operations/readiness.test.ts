import { describe, expect, it } from 'vitest';
import { checkReadiness } from '#shared/operations/readiness.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';

describe('readiness', () => {
  it('is ready when everything answers, with how long each took', async () => {
    const clock = createFakeClock();
    const slow = {
      name: 'chain 1',
      probe: async () => {
        clock.advance(40);
      },
    };
    expect(await checkReadiness([slow], clock.now, () => undefined)).toEqual({
      status: 'ready',
      dependencies: [{ name: 'chain 1', state: 'ok', latency_ms: 40 }],
    });
  });

  it('is ready when it depends on nothing', async () => {
    expect(await checkReadiness([], createFakeClock().now, () => undefined)).toEqual({
      status: 'ready',
      dependencies: [],
    });
  });

  it('is degraded when one does not answer: the others are asked all the same, and why is told to the log alone', async () => {
    const failure = new Error('https://user:secret@rpc');
    const told: unknown[] = [];
    const readiness = await checkReadiness(
      [
        { name: 'database', probe: () => Promise.reject(failure) },
        { name: 'chain 1', probe: async () => 42 },
      ],
      createFakeClock().now,
      (name, error) => told.push([name, error]),
    );
    expect(readiness).toEqual({
      status: 'degraded',
      dependencies: [
        { name: 'database', state: 'failed', latency_ms: 0 },
        { name: 'chain 1', state: 'ok', latency_ms: 0 },
      ],
    });
    expect(told).toEqual([['database', failure]]);
  });

  it('asks all at once', async () => {
    const order: string[] = [];
    const probe = (name: string) => ({
      name,
      async probe() {
        order.push(`${name} asked`);
        await Promise.resolve();
        order.push(`${name} answered`);
      },
    });
    await checkReadiness([probe('a'), probe('b')], createFakeClock().now, () => undefined);
    expect(order.slice(0, 2)).toEqual(['a asked', 'b asked']);
  });

  it('never shows a negative latency, whatever the clock does', async () => {
    const clock = createFakeClock();
    const back = {
      name: 'a',
      probe: async () => {
        clock.advance(-5_000);
      },
    };
    const { dependencies } = await checkReadiness([back], clock.now, () => undefined);
    expect(dependencies[0]?.latency_ms).toBe(0);
  });
});
