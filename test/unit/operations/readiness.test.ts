import { describe, expect, it } from 'vitest';
import { createReadinessCheck, type Dependency, READINESS_LIMITS } from '#shared/operations/readiness.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';

const dependency = (name: string, probe: Dependency['probe'], needed = false): Dependency => ({ name, probe, needed });
const fine = async () => 42;

/** Asks once. */
function ask(dependencies: readonly Dependency[], clock = createFakeClock()) {
  const told: unknown[] = [];
  const check = createReadinessCheck(dependencies, clock.now, (name, error) => told.push([name, error]));
  return { check, told, clock };
}

describe('readiness', () => {
  it('is ready when everything answers, with how long each took', async () => {
    const clock = createFakeClock();
    const probe = async () => clock.advance(40);
    expect(await ask([dependency('chain 1', probe)], clock).check()).toEqual({
      status: 'ready',
      dependencies: [{ name: 'chain 1', state: 'ok', latency_ms: 40 }],
    });
  });

  it('is ready when it depends on nothing', async () => {
    expect(await ask([]).check()).toEqual({ status: 'ready', dependencies: [] });
  });

  it('is down without what is needed, degraded without the rest: the others are asked all the same, and why is told to the log alone', async () => {
    const failure = new Error('https://user:secret@rpc');
    const down = () => Promise.reject(failure);
    const { check, told } = ask([dependency('database', down, true), dependency('chain 1', fine)]);
    const readiness = await check();
    expect(readiness).toEqual({
      status: 'down',
      dependencies: [
        { name: 'database', state: 'down', latency_ms: 0 },
        { name: 'chain 1', state: 'ok', latency_ms: 0 },
      ],
    });
    expect(told).toEqual([['database', failure]]);
    expect(await ask([dependency('database', fine, true), dependency('chain 1', down)]).check()).toMatchObject({
      status: 'degraded',
    });
  });

  it('is degraded when one answers slowly, also one that is needed', async () => {
    const clock = createFakeClock();
    const slow = async () => clock.advance(READINESS_LIMITS.slowMs);
    expect(await ask([dependency('database', slow, true)], clock).check()).toMatchObject({
      status: 'degraded',
      dependencies: [{ state: 'degraded', latency_ms: READINESS_LIMITS.slowMs }],
    });
  });

  it('waits for nobody who never answers', async () => {
    const never = dependency('chain 1', () => new Promise(() => undefined));
    const limits = { ...READINESS_LIMITS, timeoutMs: 20 };
    const check = createReadinessCheck([never], createFakeClock().now, () => undefined, limits);
    expect(await check()).toMatchObject({ status: 'degraded', dependencies: [{ state: 'down' }] });
  });

  it('costs no more however often anybody asks, also while something is down', async () => {
    let asked = 0;
    const failing = async () => {
      asked += 1;
      throw new Error('down');
    };
    const { check, told, clock } = ask([dependency('chain 1', failing)]);
    const answers = await Promise.all(Array.from({ length: 50 }, check));
    await check();
    expect([asked, told.length]).toEqual([1, 1]);
    expect(answers).toEqual(
      answers.map(() => ({ status: 'degraded', dependencies: [{ name: 'chain 1', state: 'down', latency_ms: 0 }] })),
    );
    clock.advance(READINESS_LIMITS.keptMs);
    await check();
    expect(asked).toBe(2);
  });

  it('asks all at once', async () => {
    const order: string[] = [];
    const probe = (name: string) =>
      dependency(name, async () => {
        order.push(`${name} asked`);
        await Promise.resolve();
        order.push(`${name} answered`);
      });
    await ask([probe('a'), probe('b')]).check();
    expect(order.slice(0, 2)).toEqual(['a asked', 'b asked']);
  });

  it('never shows a negative latency, whatever the clock does', async () => {
    const clock = createFakeClock();
    const { dependencies } = await ask([dependency('a', async () => clock.advance(-5_000))], clock).check();
    expect(dependencies[0]?.latency_ms).toBe(0);
  });
});
