import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allowedDecision,
  emissionIntervalMs,
  latestAllowedTat,
  type RateDecision,
  type RatePolicy,
  refusedDecision,
} from '#shared/platform/rate-limit/gcra.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';

const RUNS = { seed: 20_261_126, numRuns: 2_000 };

/** Runs requests at given instants through the maths, as the store does: a rested bucket starts at its request. */
function simulate(policy: RatePolicy, timesMs: readonly number[]): readonly RateDecision[] {
  let tat = 0;
  return timesMs.map((nowMs) => {
    const standing = Math.max(tat, nowMs);
    if (standing > latestAllowedTat(policy, nowMs)) return refusedDecision(policy, nowMs, tat);
    tat = standing + emissionIntervalMs(policy);
    return allowedDecision(policy, nowMs, tat);
  });
}

/**
 * The reference: a bucket of `limit` tokens that fills steadily. Tokens are counted in parts of which `windowMs` make
 * a token and `limit` are added each millisecond, so that everything is a whole number.
 */
function reference(
  { limit, windowMs }: RatePolicy,
  timesMs: readonly number[],
): readonly { allowed: boolean; left: number }[] {
  const full = limit * windowMs;
  let parts = full;
  let lastMs = timesMs[0] ?? 0;
  return timesMs.map((nowMs) => {
    parts = Math.min(full, parts + (nowMs - lastMs) * limit);
    lastMs = nowMs;
    const allowed = parts >= windowMs;
    if (allowed) parts -= windowMs;
    return { allowed, left: allowed ? Math.floor(parts / windowMs) : 0 };
  });
}

/** Limits that divide the window, as the defaults do: their interval is a whole number of milliseconds. */
const evenPolicy = fc
  .constantFrom(1, 2, 3, 5, 10, 12, 60, 120, 600, 1_200)
  .map((limit): RatePolicy => ({ name: 'x', limit, windowMs: 60_000 }));
const anyPolicy = fc.integer({ min: 1, max: 300 }).map((limit): RatePolicy => ({ name: 'x', limit, windowMs: 60_000 }));

/** Bursts and single requests with pauses between them, as instants that never go back. */
const pauseMs = fc.oneof(fc.nat({ max: 200 }), fc.nat({ max: 20_000 }), fc.constant(70_000));
const traffic = fc
  .array(fc.tuple(pauseMs, fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 40 }))), { minLength: 1, maxLength: 25 })
  .map((bursts) => {
    let nowMs = TEST_NOW_MS;
    return bursts.flatMap(([gapMs, requests]) => {
      nowMs += gapMs;
      return Array.from({ length: requests }, () => nowMs);
    });
  });

describe('the rate limit', () => {
  it('decides like a steadily filling bucket of tokens, and tells the same number left', () => {
    fc.assert(
      fc.property(evenPolicy, traffic, (policy, timesMs) => {
        const decisions = simulate(policy, timesMs);
        expect(decisions.map(({ allowed, remaining }) => ({ allowed, left: remaining }))).toEqual(
          reference(policy, timesMs),
        );
      }),
      RUNS,
    );
  });

  it('decides like a steadily filling bucket of tokens for limits that do not divide the window, too', () => {
    fc.assert(
      fc.property(anyPolicy, traffic, (policy, timesMs) => {
        const decisions = simulate(policy, timesMs);
        expect(decisions.map(({ allowed }) => allowed)).toEqual(
          reference(policy, timesMs).map(({ allowed }) => allowed),
        );
      }),
      RUNS,
    );
  });

  it('lets no more through in any span than its quota and what the span itself brings', () => {
    fc.assert(
      fc.property(anyPolicy, traffic, (policy, timesMs) => {
        const decisions = simulate(policy, timesMs);
        const allowedMs = timesMs.filter((_, index) => decisions[index]?.allowed);
        for (const [first, startMs] of allowedMs.entries()) {
          const excess = allowedMs.slice(first).map((endMs, later) => {
            const brought = (endMs - startMs) / emissionIntervalMs(policy);
            return later + 1 - policy.limit - brought;
          });
          // The division's own rounding apart.
          expect(Math.max(...excess)).toBeLessThan(1e-6);
        }
      }),
      { ...RUNS, numRuns: 300 },
    );
  });

  it('lets a refused request through that waits as long as it was told, and none that waits a millisecond less', () => {
    fc.assert(
      fc.property(evenPolicy, traffic, (policy, timesMs) => {
        const decisions = simulate(policy, timesMs);
        const refused = decisions.findIndex(({ allowed }) => !allowed);
        fc.pre(refused >= 0);
        const until = timesMs.slice(0, refused + 1);
        const waitMs = decisions[refused]?.retryAfterMs ?? 0;
        const refusedAtMs = until.at(-1) ?? 0;
        expect(simulate(policy, [...until, refusedAtMs + waitMs]).at(-1)?.allowed).toBe(true);
        if (waitMs > 1) expect(simulate(policy, [...until, refusedAtMs + waitMs - 1]).at(-1)?.allowed).toBe(false);
      }),
      RUNS,
    );
  });

  it('gives the whole quota back to who rests as long as it was told', () => {
    fc.assert(
      fc.property(evenPolicy, traffic, (policy, timesMs) => {
        const resetMs = simulate(policy, timesMs).at(-1)?.resetMs ?? 0;
        const restedMs = (timesMs.at(-1) ?? 0) + resetMs;
        const burst = Array.from({ length: policy.limit + 1 }, () => restedMs);
        const after = simulate(policy, [...timesMs, ...burst]).slice(timesMs.length);
        expect(after.map(({ allowed }) => allowed)).toEqual([...burst.slice(1).map(() => true), false]);
      }),
      { ...RUNS, numRuns: 300 },
    );
  });
});
