import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { OrderFacts } from '#shared/orders/guards.ts';
import { type OrderStatus, orderStatusSchema } from '#shared/orders/order.ts';
import { allSteps, requireStep, type Step, stepsFrom } from '#shared/orders/steps.ts';
import { STOCK_OF, transitions } from '#shared/orders/transitions.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caught } from '#test/support/fakes/caught.ts';
import { buildOrders } from '../../../docs/generate/order-tables.ts';

const STATUSES = orderStatusSchema.options;
const EFFECTS: Readonly<Record<string, Step['stock']>> = {
  'reserved -> reserved': 'none',
  'released -> released': 'none',
  'sold -> sold': 'none',
  'reserved -> released': 'release',
  'reserved -> sold': 'sell',
  'released -> reserved': 'reserve_again',
};
const ALL_HOLD: OrderFacts = {
  isCovered: true,
  isConfirmed: true,
  isCoveredLate: true,
  isConfirmedLate: true,
  isOverdue: true,
  hasMoney: true,
};

function reachable(): ReadonlySet<OrderStatus> {
  const seen = new Set<OrderStatus>(['awaiting_payment']);
  for (const from of seen) for (const { to } of stepsFrom(from)) seen.add(to);
  return seen;
}

describe('the transitions of orders', () => {
  it('are those of the design, and no other', () => {
    expect(allSteps().map(({ from, to }) => `${from} -> ${to}`)).toEqual([
      'awaiting_payment -> confirming',
      'awaiting_payment -> expired',
      'awaiting_payment -> cancelled',
      'confirming -> awaiting_payment',
      'confirming -> paid',
      'confirming -> expired',
      'paid -> fulfilled',
      'paid -> cancelled',
      'paid -> refunding',
      'fulfilled -> completed',
      'expired -> paid',
      'expired -> refunding',
      'cancelled -> refunding',
      'refunding -> refunded',
    ]);
  });

  it('reach every status from the first one', () => {
    expect([...reachable()].toSorted()).toEqual(STATUSES.toSorted());
  });

  it('let every status come to an end', () => {
    const ending = new Set(STATUSES.filter((status) => stepsFrom(status).length === 0));
    for (let grown = true; grown; ) {
      const more = STATUSES.filter((from) => !ending.has(from) && stepsFrom(from).some(({ to }) => ending.has(to)));
      for (const status of more) ending.add(status);
      grown = more.length > 0;
    }
    expect(ending.size).toBe(STATUSES.length);
  });

  it('end in two ways only, sold or given back', () => {
    const ends = STATUSES.filter((status) => stepsFrom(status).length === 0);
    expect(ends.map((end) => [end, STOCK_OF[end]])).toEqual([
      ['completed', 'sold'],
      ['refunded', 'released'],
    ]);
  });

  it('do to stock exactly what lies between what their two statuses say of it', () => {
    for (const { from, to, stock } of allSteps()) {
      expect([from, to, stock]).toEqual([from, to, EFFECTS[`${STOCK_OF[from]} -> ${STOCK_OF[to]}`]]);
    }
  });

  it('by payments and time touch stock once at most on any way', () => {
    const automatic = allSteps().filter(({ causes }) =>
      causes.some((cause) => cause === 'payments' || cause === 'deadline'),
    );
    for (const { to, stock } of automatic) {
      if (stock === 'none') continue;
      expect(automatic.filter(({ from }) => from === to)).toEqual([]);
    }
  });

  it('name every audit entry after one transition of a kind', () => {
    const named = new Map<string, Set<string>>();
    for (const { action, to } of allSteps()) named.set(action, (named.get(action) ?? new Set()).add(to));
    expect([...named].filter(([, tos]) => tos.size > 1)).toEqual([]);
  });

  it('are refused where there is none, by whom it is not for, and against their guard', () => {
    const order = { id: 'ord_1', status: 'awaiting_payment' as const };
    const refused = [
      () => requireStep(order, 'fulfilled', 'operator', ALL_HOLD),
      () => requireStep(order, 'awaiting_payment', 'operator', ALL_HOLD),
      () => requireStep(order, 'confirming', 'operator', ALL_HOLD),
      () => requireStep({ ...order, status: 'paid' }, 'fulfilled', 'customer', ALL_HOLD),
      () => requireStep({ ...order, status: 'paid' }, 'fulfilled', 'operator', { ...ALL_HOLD, isConfirmedLate: false }),
      () => requireStep({ ...order, status: 'paid' }, 'cancelled', 'operator', ALL_HOLD),
      () => requireStep({ ...order, status: 'paid' }, 'cancelled', 'customer', { ...ALL_HOLD, isCoveredLate: false }),
      () => requireStep({ ...order, status: 'confirming' }, 'cancelled', 'customer', ALL_HOLD),
      () => requireStep({ ...order, status: 'expired' }, 'paid', 'operator', { ...ALL_HOLD, isConfirmedLate: false }),
      () => requireStep({ ...order, status: 'cancelled' }, 'refunding', 'operator', { ...ALL_HOLD, hasMoney: false }),
    ];
    for (const ask of refused) {
      expect(caught(HavenError, ask)).toMatchObject({ code: 'INVALID_TRANSITION' });
    }
    expect(requireStep(order, 'cancelled', 'customer', ALL_HOLD)).toMatchObject({ to: 'cancelled', stock: 'release' });
  });
});

describe('docs/orders.md', () => {
  const page = readFileSync(fileURLToPath(new URL('../../../docs/orders.md', import.meta.url)), 'utf8');

  it('has exactly the transitions of the code', () => {
    expect(buildOrders(page)).toBe(page);
    const rows = page.split('\n').filter((line) => /^\| `\w+` +\| `\w+` /.test(line));
    const named = rows.map((row) => [...row.matchAll(/`(\w+)`/g)].slice(0, 2).map(([, status]) => status));
    const legal = Object.entries(transitions).flatMap(([from, tos]) => Object.keys(tos).map((to) => [from, to]));
    expect(named.toSorted()).toEqual(legal.toSorted());
  });

  it('cannot be generated without a place for the table', () => {
    expect(() => buildOrders(page.replace('<!-- end of transitions -->', ''))).toThrow('no place for its transitions');
  });
});
