import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hourOf,
  NOTHING_SPENT,
  type SpendWindow,
  spendWindowSchema,
  spent,
  withGivenBack,
  withSpent,
} from '#shared/custody/policy/spend-window.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const HOUR_MS = 60 * 60 * 1000;
const START_MS = 1_700_000_000_000;
const amounts = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });

/** Amounts spent at times that go forward, each perhaps given back. */
const histories = fc.array(
  fc.record({ afterMs: fc.integer({ min: 0, max: 5 * HOUR_MS }), amount: amounts, givenBack: fc.boolean() }),
  { maxLength: 60 },
);

interface Spending {
  readonly atMs: number;
  readonly amount: bigint;
}

function play(history: readonly { afterMs: number; amount: bigint; givenBack: boolean }[]) {
  let window: SpendWindow = NOTHING_SPENT;
  let nowMs = START_MS;
  const kept: Spending[] = [];
  for (const { afterMs, amount, givenBack } of history) {
    nowMs += afterMs;
    window = withSpent(window, amount, nowMs);
    if (givenBack) window = withGivenBack(window, hourOf(nowMs), amount);
    else kept.push({ atMs: nowMs, amount });
  }
  return { window, nowMs, kept };
}

const sum = (items: readonly Spending[]) => items.reduce((total, { amount }) => total + amount, 0n);

describe('what is spent of a day', () => {
  it('is never less than what was spent in the last 24 hours, and never more than in the last 25', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 0, max: 2 * DAY_MS }), (history, laterMs) => {
        const { window, nowMs, kept } = play(history);
        const atMs = nowMs + laterMs;
        const within = (ms: number) => sum(kept.filter((item) => item.atMs > atMs - ms));
        const counted = spent(window, atMs);
        expect(counted >= within(DAY_MS)).toBe(true);
        expect(counted <= within(DAY_MS + HOUR_MS)).toBe(true);
      }),
      { seed: 31 },
    );
  });

  it('with a limit held at each step, no 24 hours ever have more', () => {
    fc.assert(
      fc.property(histories, amounts, (history, cap) => {
        let window: SpendWindow = NOTHING_SPENT;
        let nowMs = START_MS;
        const accepted: Spending[] = [];
        for (const { afterMs, amount } of history) {
          nowMs += afterMs;
          if (spent(window, nowMs) + amount > cap) continue;
          window = withSpent(window, amount, nowMs);
          accepted.push({ atMs: nowMs, amount });
          expect(sum(accepted.filter((item) => item.atMs > nowMs - DAY_MS)) <= cap).toBe(true);
        }
      }),
      { seed: 32 },
    );
  });

  it('keeps no more hours than count, and is stored and read back as it is', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { window } = play(history);
        expect(Object.keys(window.buckets).length).toBeLessThanOrEqual(25);
        expect(spendWindowSchema.parse(JSON.parse(JSON.stringify(window)))).toEqual(window);
      }),
      { seed: 33 },
    );
  });

  it('never has less than nothing, however often and whatever is given back', () => {
    fc.assert(
      fc.property(amounts, amounts, fc.integer({ min: -30, max: 30 }), (amount, back, hours) => {
        const window = withSpent(NOTHING_SPENT, amount, START_MS);
        const after = withGivenBack(window, hourOf(START_MS) + hours, back);
        const left = hours === 0 ? (amount > back ? amount - back : 0n) : amount;
        expect(spent(after, START_MS)).toBe(left);
      }),
      { seed: 34 },
    );
  });

  it('counts what a machine whose clock is ahead wrote', () => {
    const window = withSpent(NOTHING_SPENT, 5n, START_MS + 2 * HOUR_MS);
    expect(spent(window, START_MS)).toBe(5n);
  });
});
