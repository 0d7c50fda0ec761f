import { describe, expect, it } from 'vitest';
import { Deadline } from '#shared/platform/deadline.ts';
import { jitteredDelayMs, type RetryPolicy, withRetry } from '#shared/platform/retry.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createRecordingSleep } from '#test/support/fakes/recording-sleep.ts';

const POLICY: RetryPolicy = { maxAttempts: 4, baseDelayMs: 100, maxDelayMs: 300 };

describe('jitteredDelayMs', () => {
  it.each([
    [0, 100],
    [1, 200],
    [2, 300],
    [10, 300],
    [2_000, 300],
  ])('before attempt %i lies between nothing and %i ms', (attempt, ceilingMs) => {
    expect(jitteredDelayMs(POLICY, attempt, () => 0)).toBe(0);
    expect(jitteredDelayMs(POLICY, attempt, () => 0.5)).toBe(ceilingMs / 2);
    expect(jitteredDelayMs(POLICY, attempt, () => 0.999)).toBeLessThan(ceilingMs);
  });
});

describe('withRetry', () => {
  function retrying(failures: readonly Error[], budgetMs = 60_000, isRetryable = (_error: unknown) => true) {
    const clock = createFakeClock();
    const { sleep, waitsMs } = createRecordingSleep(clock);
    let attempts = 0;
    const operation = async () => {
      const failure = failures[attempts];
      attempts += 1;
      if (failure !== undefined) throw failure;
      return 'done';
    };
    const result = withRetry(operation, isRetryable, POLICY, Deadline.in(budgetMs, clock.now), sleep, () => 0.5);
    return { result, waitsMs, attempts: () => attempts };
  }

  const errors = ['first', 'second', 'third', 'fourth', 'fifth'].map((text) => new Error(text));

  it('runs once what succeeds', async () => {
    const { result, waitsMs, attempts } = retrying([]);
    expect(await result).toBe('done');
    expect([attempts(), waitsMs.length]).toEqual([1, 0]);
  });

  it('tries again until it succeeds, with a wait before each attempt', async () => {
    const { result, waitsMs, attempts } = retrying(errors.slice(0, 3));
    expect(await result).toBe('done');
    expect([attempts(), waitsMs.length]).toEqual([4, 3]);
  });

  it('throws the last error when attempts run out', async () => {
    const { result, waitsMs, attempts } = retrying(errors);
    await expect(result).rejects.toThrow('fourth');
    expect([attempts(), waitsMs.length]).toEqual([4, 3]);
  });

  it('throws at once what is not worth another attempt', async () => {
    const { result, waitsMs, attempts } = retrying(errors, 60_000, () => false);
    await expect(result).rejects.toThrow('first');
    expect([attempts(), waitsMs.length]).toEqual([1, 0]);
  });

  it('does not wait beyond the deadline', async () => {
    // Waits of 50, 100 and 150 ms: the third would not fit.
    const { result, waitsMs, attempts } = retrying(errors, 200);
    await expect(result).rejects.toThrow('third');
    expect([attempts(), waitsMs]).toEqual([3, [50, 100]]);
  });
});
