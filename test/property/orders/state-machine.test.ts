import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyReduction, type ChangedBy, type OrderChange, takeSteps } from '#shared/orders/advance.ts';
import type { OrderFacts } from '#shared/orders/guards.ts';
import { type Order, type OrderStatus, orderStatusSchema, type Payment } from '#shared/orders/order.ts';
import { factsOf, reduceOrder } from '#shared/orders/reduce.ts';
import { requireStep, stepsFrom } from '#shared/orders/steps.ts';
import { type Cause, STOCK_OF, transitions } from '#shared/orders/transitions.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { TEST_DEADLINE_MS, testOrder, testPayment } from '#test/support/fakes/orders.ts';

/** Something that happens to an order. */
type Happening =
  | { readonly kind: 'payment'; readonly payment: Payment }
  | { readonly kind: 'request'; readonly to: OrderStatus; readonly cause: Cause }
  | { readonly kind: 'time'; readonly ms: number };

/** Payments that have three ids only, so that they come again in other states, on both sides of the deadline. */
const payment: fc.Arbitrary<Payment> = fc
  .record({
    id: fc.constantFrom('a', 'b', 'c'),
    amount: fc.constantFrom(1, 400_000, 600_000, 999_000, 1_000_000, 1_001_001),
    status: fc.constantFrom('detected', 'confirmed', 'orphaned'),
    at: fc.integer({ min: -600_000, max: 600_000 }),
  })
  .map(({ id, amount, status, at }) => testPayment(amount, { id, status, block_at: isoTime(TEST_DEADLINE_MS + at) }));

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: payment.map((one) => ({ kind: 'payment' as const, payment: one })) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('request' as const),
      to: fc.constantFrom(...orderStatusSchema.options),
      cause: fc.constantFrom<Cause>('customer', 'operator', 'refund', 'payments', 'deadline'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 0, max: 1_200_000 }) }),
  },
);

let made = 0;
const by: ChangedBy = {
  actor: 'test',
  request_id: 'request-1',
  at: isoTime(TEST_NOW_MS),
  newId: (prefix) => {
    made += 1;
    return `${prefix}_${made}`;
  },
};

/** What happened to an order, and what it did to its pieces. */
function history(happenings: readonly Happening[]) {
  let order: Order = testOrder();
  let nowMs = TEST_NOW_MS;
  const payments = new Map<string, Payment>();
  const changes: OrderChange[] = [];
  const fulfilledBy: (readonly Payment[])[] = [];
  const change = (one: OrderChange | undefined) => {
    if (one === undefined) return;
    changes.push(one);
    if (one.after.status === 'fulfilled' && one.before.status === 'paid') fulfilledBy.push([...payments.values()]);
    order = one.after;
  };
  const settle = () => change(applyReduction(order, reduceOrder(order, [...payments.values()], nowMs), by));
  for (const one of happenings) {
    if (one.kind === 'time') nowMs += one.ms;
    if (one.kind === 'payment') payments.set(one.payment.id, one.payment);
    if (one.kind === 'request') request(one.to, one.cause);
    settle();
  }
  return { order, payments: [...payments.values()], nowMs, changes, fulfilledBy };

  function request(to: OrderStatus, cause: Cause): void {
    if (cause === 'payments' || cause === 'deadline') return;
    try {
      const step = requireStep(order, to, cause, factsOf(order, [...payments.values()], nowMs));
      change(takeSteps(order, [step], {}, { cause }, by));
    } catch (error) {
      if (!(error instanceof HavenError) || error.code !== 'INVALID_TRANSITION') throw error;
    }
  }
}

describe('the life of an order', () => {
  const RUNS = { numRuns: 3_000 };

  it('never leaves the table, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 30 }), (happenings) => {
        for (const { before, after, entries } of history(happenings).changes) {
          const path = entries
            .map(({ detail }) => detail)
            .filter((detail) => 'to' in detail)
            .map(({ from, to }) => [from, to]);
          if (path.length === 0) expect(after.status).toBe(before.status);
          for (const [from, to] of path) {
            expect(Object.keys(transitions[orderStatusSchema.parse(from)])).toContain(to);
          }
          expect(path.length === 0 ? before.status : path[0]?.[0]).toBe(before.status);
          expect(path.length === 0 ? before.status : path.at(-1)?.[1]).toBe(after.status);
        }
      }),
      RUNS,
    );
  });

  it('ends with its pieces sold or released exactly once', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 30 }), (happenings) => {
        const { order, changes } = history(happenings);
        let held = 1;
        let sold = 0;
        for (const { stock, after } of changes) {
          if (stock === 'release') held -= 1;
          if (stock === 'reserve_again') held += 1;
          if (stock === 'sell') {
            held -= 1;
            sold += 1;
          }
          expect([held, sold]).toEqual(COUNTS[STOCK_OF[after.status]]);
          expect(after.stock).toBe(STOCK_OF[after.status]);
        }
        if (stepsFrom(order.status).length === 0) expect(held).toBe(0);
      }),
      RUNS,
    );
  });

  it('is fulfilled only while confirmed payments cover it', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 30 }), (happenings) => {
        const { order, fulfilledBy } = history(happenings);
        for (const payments of fulfilledBy) {
          expect(factsOf(order, payments, TEST_NOW_MS).isConfirmedLate).toBe(true);
        }
      }),
      RUNS,
    );
  });

  it('once paid has one way on for operators: it is fulfilled, or cancelled when its money has gone, or waits for blocks', () => {
    fc.assert(
      fc.property(fc.uniqueArray(payment, { selector: ({ id }) => id }), (payments) => {
        const order = testOrder({ status: 'paid' });
        const facts = factsOf(order, payments, TEST_NOW_MS);
        const open = (['fulfilled', 'cancelled'] as const).filter((to) => isOpen(order, to, facts));
        const waits = facts.isCoveredLate && !facts.isConfirmedLate;
        expect(open).toEqual(waits ? [] : [facts.isCoveredLate ? 'fulfilled' : 'cancelled']);
      }),
      RUNS,
    );
  });

  it('is settled by one run: the next one changes nothing', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 30 }), (happenings) => {
        const { order, payments, nowMs } = history(happenings);
        expect(applyReduction(order, reduceOrder(order, payments, nowMs), by)).toBeUndefined();
      }),
      RUNS,
    );
  });

  it('does not depend on the order in which payments are read', () => {
    fc.assert(
      fc.property(fc.uniqueArray(payment, { selector: ({ id }) => id }), fc.nat(2_400_000), (payments, ms) => {
        const order = testOrder();
        const nowMs = TEST_NOW_MS + ms;
        expect(reduceOrder(order, payments.toReversed(), nowMs)).toEqual(reduceOrder(order, payments, nowMs));
      }),
      RUNS,
    );
  });

  it('keeps one audit stream without a gap, and one version for each change', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 30 }), (happenings) => {
        const { order, changes } = history(happenings);
        const entries = changes.flatMap((one) => one.entries);
        expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
        expect(order.audit_seq).toBe(entries.length);
        expect(order.version).toBe(1 + changes.length);
      }),
      RUNS,
    );
  });
});

function isOpen(order: Order, to: OrderStatus, facts: OrderFacts): boolean {
  try {
    requireStep(order, to, 'operator', facts);
    return true;
  } catch (error) {
    if (error instanceof HavenError && error.code === 'INVALID_TRANSITION') return false;
    throw error;
  }
}

/** Orders that hold and that sold, by what is said of their pieces. */
const COUNTS: Readonly<Record<Order['stock'], readonly number[]>> = {
  reserved: [1, 0],
  sold: [0, 1],
  released: [0, 0],
};
