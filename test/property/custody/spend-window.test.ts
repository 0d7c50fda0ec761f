import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  NOTHING_SPENT,
  type SpendWindow,
  spendWindowSchema,
  spent,
  withHeld,
  withReleased,
  withSpent,
} from '#shared/custody/policy/spend-window.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const HOUR_MS = 60 * 60 * 1000;
const START_MS = 1_700_000_000_000;
const amounts = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });

/** Amounts that are held at times that go forward, and perhaps spent, wholly or in part, or given back. */
const histories = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 5 * HOUR_MS }),
    amount: amounts,
    end: fc.constantFrom('open', 'spent', 'half', 'released'),
  }),
  { maxLength: 60 },
);
type History = typeof histories extends fc.Arbitrary<infer T> ? T : never;

interface Spending {
  readonly atMs: number;
  readonly amount: bigint;
}

/** @param cap what is held only as far as there is room */
function play(history: History, cap?: bigint, look: (now: Played) => void = () => undefined): Played {
  let window: SpendWindow = NOTHING_SPENT;
  let nowMs = START_MS;
  let open = 0n;
  const moved: Spending[] = [];
  for (const { afterMs, amount, end } of history) {
    nowMs += afterMs;
    if (cap === undefined || spent(window, nowMs) + amount <= cap) {
      window = withHeld(window, amount);
      if (end !== 'open') window = withReleased(window, amount);
      else open += amount;
      const part = end === 'spent' ? amount : end === 'half' ? amount / 2n : 0n;
      window = withSpent(window, part, nowMs);
      moved.push({ atMs: nowMs, amount: part });
    }
    look({ window, nowMs, moved, open });
  }
  return { window, nowMs, moved, open };
}

interface Played {
  readonly window: SpendWindow;
  readonly nowMs: number;
  readonly moved: readonly Spending[];
  readonly open: bigint;
}

const sum = (items: readonly Spending[]) => items.reduce((total, { amount }) => total + amount, 0n);

describe('what is spent of a day', () => {
  it('is what is open, whenever it began, and never less than what moved in the last 24 hours nor more than in the last 25', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 0, max: 2 * DAY_MS }), (history, laterMs) => {
        const { window, nowMs, moved, open } = play(history);
        const atMs = nowMs + laterMs;
        const within = (ms: number) => open + sum(moved.filter((item) => item.atMs > atMs - ms));
        const counted = spent(window, atMs);
        expect(counted >= within(DAY_MS)).toBe(true);
        expect(counted <= within(DAY_MS + HOUR_MS)).toBe(true);
      }),
      { seed: 31 },
    );
  });

  it('with a limit held at each step, no 24 hours ever have more, together with what is open then', () => {
    fc.assert(
      fc.property(histories, amounts, (history, cap) => {
        play(history, cap, ({ nowMs, moved, open }) => {
          expect(open + sum(moved.filter((item) => item.atMs > nowMs - DAY_MS)) <= cap).toBe(true);
        });
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

  it('never holds less than nothing, whatever is released', () => {
    fc.assert(
      fc.property(amounts, amounts, (amount, back) => {
        const after = withReleased(withHeld(NOTHING_SPENT, amount), back);
        expect(spent(after, START_MS)).toBe(amount > back ? amount - back : 0n);
      }),
      { seed: 34 },
    );
  });

  it('reads rows that were written before anything was held', () => {
    const row = { buckets: { [String(Math.floor(START_MS / HOUR_MS))]: '7' }, version: 3 };
    expect(spent(spendWindowSchema.parse(row), START_MS)).toBe(7n);
  });

  it('counts what a machine whose clock is ahead wrote', () => {
    const window = withSpent(NOTHING_SPENT, 5n, START_MS + 2 * HOUR_MS);
    expect(spent(window, START_MS)).toBe(5n);
  });
});
