import { describe, expect, it } from 'vitest';
import {
  allowedDecision,
  emissionIntervalMs,
  latestAllowedTat,
  type RatePolicy,
  refusedDecision,
} from '#shared/platform/rate-limit/gcra.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';

const TEN_A_MINUTE: RatePolicy = { name: 'write', limit: 10, windowMs: 60_000 };
const INTERVAL_MS = 6_000;

/** How many requests at one instant a rested bucket lets through. */
function burst(policy: RatePolicy, nowMs: number): number {
  let count = 0;
  for (let tat = nowMs; tat <= latestAllowedTat(policy, nowMs); tat += emissionIntervalMs(policy)) count += 1;
  return count;
}

describe('the maths of a quota', () => {
  it('takes from a quota of ten a minute six seconds for each request', () => {
    expect(emissionIntervalMs(TEN_A_MINUTE)).toBe(INTERVAL_MS);
  });

  it('tells after each request of a burst what is left, and when all of it is back', () => {
    expect(allowedDecision(TEN_A_MINUTE, 0, INTERVAL_MS)).toEqual({
      allowed: true,
      remaining: 9,
      resetMs: INTERVAL_MS,
      retryAfterMs: 0,
    });
    expect(allowedDecision(TEN_A_MINUTE, 0, 10 * INTERVAL_MS)).toMatchObject({ remaining: 0, resetMs: 60_000 });
  });

  it('tells a refused request when one is allowed again', () => {
    expect(refusedDecision(TEN_A_MINUTE, 0, 60_000)).toEqual({
      allowed: false,
      remaining: 0,
      resetMs: 60_000,
      retryAfterMs: INTERVAL_MS,
    });
    expect(refusedDecision(TEN_A_MINUTE, 5_999, 60_000)).toMatchObject({ retryAfterMs: 1, resetMs: 54_001 });
  });

  it('never tells of a negative wait', () => {
    expect(refusedDecision(TEN_A_MINUTE, 120_000, 60_000)).toMatchObject({ retryAfterMs: 0, resetMs: 0 });
    expect(allowedDecision(TEN_A_MINUTE, 120_000, 60_000)).toMatchObject({ resetMs: 0 });
  });
});

describe('after a rest the whole quota may come at once, and no more', () => {
  const divisors = [1, 2, 3, 4, 5, 6, 10, 60, 120, 600, 1_200];
  it.each(divisors)('with a limit of %i, which divides the window', (limit) => {
    expect(burst({ name: 'x', limit, windowMs: 60_000 }, TEST_NOW_MS)).toBe(limit);
  });

  it.each([7, 9, 11, 13, 14, 17, 19, 70, 90, 700])('with a limit of %i, which does not', (limit) => {
    expect(burst({ name: 'x', limit, windowMs: 60_000 }, TEST_NOW_MS)).toBe(limit);
  });
});
