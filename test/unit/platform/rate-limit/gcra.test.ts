import { describe, expect, it } from 'vitest';
import {
  allowedDecision,
  emissionIntervalUs,
  latestAllowedTatUs,
  type RatePolicy,
  refusedDecision,
  toUs,
} from '#shared/platform/rate-limit/gcra.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';

const TEN_A_MINUTE: RatePolicy = { name: 'write', limit: 10, windowMs: 60_000 };
const INTERVAL_US = 6_000_000;
const MINUTE_US = 60_000_000;

/** How many requests at one instant a rested bucket lets through. */
function burst(policy: RatePolicy, nowUs: number): number {
  let count = 0;
  for (let tat = nowUs; tat <= latestAllowedTatUs(policy, nowUs); tat += emissionIntervalUs(policy)) count += 1;
  return count;
}

describe('the maths of a quota', () => {
  it('takes from a quota of ten a minute six seconds for each request', () => {
    expect(emissionIntervalUs(TEN_A_MINUTE)).toBe(INTERVAL_US);
  });

  it('takes a whole number of microseconds, which the limit fits into the window', () => {
    for (let limit = 1; limit <= 2_000; limit += 1) {
      const intervalUs = emissionIntervalUs({ name: 'x', limit, windowMs: 60_000 });
      expect(Number.isInteger(intervalUs)).toBe(true);
      expect(MINUTE_US - intervalUs * limit).toBeGreaterThanOrEqual(0);
      expect(MINUTE_US - intervalUs * limit).toBeLessThan(limit);
    }
  });

  it('counts time in whole microseconds since the Unix epoch, exactly', () => {
    expect(toUs(TEST_NOW_MS)).toBe(TEST_NOW_MS * 1_000);
    expect(toUs(1_000.4)).toBe(1_000_000);
    expect(Number.isSafeInteger(toUs(Date.parse('2200-01-01T00:00:00Z')))).toBe(true);
  });

  it('tells after each request of a burst what is left, and when all of it is back', () => {
    expect(allowedDecision(TEN_A_MINUTE, 0, INTERVAL_US)).toEqual({
      allowed: true,
      remaining: 9,
      resetMs: 6_000,
      retryAfterMs: 0,
    });
    expect(allowedDecision(TEN_A_MINUTE, 0, 10 * INTERVAL_US)).toMatchObject({ remaining: 0, resetMs: 60_000 });
  });

  it('tells a refused request when one is allowed again', () => {
    expect(refusedDecision(TEN_A_MINUTE, 0, MINUTE_US)).toEqual({
      allowed: false,
      remaining: 0,
      resetMs: 60_000,
      retryAfterMs: 6_000,
    });
    expect(refusedDecision(TEN_A_MINUTE, toUs(5_999), MINUTE_US)).toMatchObject({ retryAfterMs: 1, resetMs: 54_001 });
  });

  it('rounds a wait up: who waits as long as told is let in', () => {
    expect(refusedDecision(TEN_A_MINUTE, INTERVAL_US - 1, MINUTE_US).retryAfterMs).toBe(1);
    expect(allowedDecision(TEN_A_MINUTE, 0, INTERVAL_US + 1).resetMs).toBe(6_001);
  });

  it('never tells of a negative wait', () => {
    expect(refusedDecision(TEN_A_MINUTE, 2 * MINUTE_US, MINUTE_US)).toMatchObject({ retryAfterMs: 0, resetMs: 0 });
    expect(allowedDecision(TEN_A_MINUTE, 2 * MINUTE_US, MINUTE_US)).toMatchObject({ resetMs: 0 });
  });
});

describe('after a rest the whole quota may come at once, and no more', () => {
  const divisors = [1, 2, 3, 4, 5, 6, 10, 60, 120, 600, 1_200];
  it.each(divisors)('with a limit of %i, which divides the window', (limit) => {
    expect(burst({ name: 'x', limit, windowMs: 60_000 }, toUs(TEST_NOW_MS))).toBe(limit);
  });

  it.each([7, 9, 11, 13, 14, 17, 19, 70, 90, 700])('with a limit of %i, which does not', (limit) => {
    expect(burst({ name: 'x', limit, windowMs: 60_000 }, toUs(TEST_NOW_MS))).toBe(limit);
  });
});
