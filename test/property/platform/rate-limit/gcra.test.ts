import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allowedDecision,
  emissionIntervalUs,
  latestAllowedTatUs,
  type RateDecision,
  type RatePolicy,
  refusedDecision,
  toUs,
} from '#shared/platform/rate-limit/gcra.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';

const RUNS = { seed: 20_261_126, numRuns: 2_000 };

/** Runs requests at given instants through the maths, as the store does: a rested bucket starts at its request. */
function simulate(policy: RatePolicy, timesMs: readonly number[]): readonly RateDecision[] {
  let tat = 0;
  return timesMs.map(toUs).map((nowUs) => {
    const standing = Math.max(tat, nowUs);
    if (standing > latestAllowedTatUs(policy, nowUs)) return refusedDecision(policy, nowUs, tat);
    tat = standing + emissionIntervalUs(policy);
    return allowedDecision(policy, nowUs, tat);
  });
}

/**
 * The reference: a bucket of `limit` tokens that fills steadily, a token each interval. It is counted in microseconds of
 * filling, of which the interval makes a token, so that everything is a whole number.
 */
function reference(
  policy: RatePolicy,
  timesMs: readonly number[],
): readonly { readonly allowed: boolean; readonly left: number }[] {
  const tokenUs = emissionIntervalUs(policy);
  const fullUs = policy.limit * tokenUs;
  let filledUs = fullUs;
  let lastMs = timesMs[0] ?? 0;
  return timesMs.map((nowMs) => {
    filledUs = Math.min(fullUs, filledUs + (nowMs - lastMs) * 1_000);
    lastMs = nowMs;
    const allowed = filledUs >= tokenUs;
    if (allowed) filledUs -= tokenUs;
    return { allowed, left: allowed ? Math.floor(filledUs / tokenUs) : 0 };
  });
}

/** Limits that divide the window, as the defaults do, and limits that don't. */
const anyPolicy = fc
  .oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(600, 700, 1_200))
  .map((limit): RatePolicy => ({ name: 'x', limit, windowMs: 60_000 }));

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
      fc.property(anyPolicy, traffic, (policy, timesMs) => {
        const decisions = simulate(policy, timesMs);
        expect(decisions.map(({ allowed, remaining }) => ({ allowed, left: remaining }))).toEqual(
          reference(policy, timesMs),
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
            const brought = ((endMs - startMs) * policy.limit) / policy.windowMs;
            return later + 1 - policy.limit - brought;
          });
          // Intervals are whole microseconds: the span may bring as many of them too much as there were requests.
          const rounding = (allowedMs.length * policy.limit) / (policy.windowMs * 1_000);
          expect(Math.max(...excess)).toBeLessThanOrEqual(rounding);
        }
      }),
      { ...RUNS, numRuns: 300 },
    );
  });

  it('lets a refused request through that waits as long as it was told, and none that waits a millisecond less', () => {
    fc.assert(
      fc.property(anyPolicy, traffic, (policy, timesMs) => {
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
      fc.property(anyPolicy, traffic, (policy, timesMs) => {
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
