import { describe, expect, it } from 'vitest';
import { hasManyPayments, keptOneByOne } from '#shared/orders/many-payments.ts';
import type { Payment } from '#shared/orders/order.ts';
import { testOrder, testPayment } from '#test/support/fakes/orders.ts';

const ORDER = testOrder();
const DUST = 1;
/** A fiftieth of what is due. */
const LARGE = 20_000;

const payments = (count: number, amount: number, name: string, overrides: Partial<Payment> = {}) =>
  Array.from({ length: count }, (_, n) => testPayment(amount, { id: `31337:${name}${n}:0`, ...overrides }));
const sum = (all: readonly Payment[]) => all.reduce((total, { amount }) => total + BigInt(amount), 0n);

describe('payments that are kept one by one', () => {
  it('are all of an order that is paid in 150 parts', () => {
    const found = payments(150, DUST, 'a');
    expect(keptOneByOne(ORDER, [], found)).toEqual(found);
    expect(hasManyPayments(found.slice(1))).toBe(false);
    expect(hasManyPayments(found)).toBe(true);
  });

  it('are those that pay the order, however much dust is there, and no more than 200', () => {
    const dust = payments(5_000, DUST, 'dust');
    const stored = keptOneByOne(ORDER, [], dust);
    expect(stored).toHaveLength(150);
    const large = payments(60, LARGE, 'large');
    const kept = keptOneByOne(ORDER, stored, [...dust, ...large]);
    const all = new Map([...stored, ...kept].map((one) => [one.id, one]));
    expect(all.size).toBe(200);
    expect(sum([...all.values()].filter(({ amount }) => amount === String(LARGE)))).toBe(1_000_000n);
  });

  it('are by the same count a part that pays it beside as much of another asset', () => {
    const other = keptOneByOne(ORDER, [], payments(500, 1_000_000, 'other', { other_asset: 'DAI' }));
    expect(other).toHaveLength(150);
    expect(keptOneByOne(ORDER, other, payments(1, 1_000_000, 'pays'))).toHaveLength(1);
  });

  it('are those that are stored, as they are now, and the same when a part of them is stored', () => {
    const found = [...payments(400, DUST, 'dust'), ...payments(30, LARGE, 'large')];
    const whole = keptOneByOne(ORDER, [], found);
    for (let part = 1; part <= whole.length; part += 1) {
      const stored = whole.slice(0, part);
      const ids = new Set([...stored, ...keptOneByOne(ORDER, stored, found)].map(({ id }) => id));
      expect(ids).toEqual(new Set(whole.map(({ id }) => id)));
    }
  });

  it('have room again once for what a reorg took away, and then no more', () => {
    const gone = (name: string) => payments(150, DUST, name, { status: 'orphaned' });
    expect(keptOneByOne(ORDER, gone('a'), payments(150, DUST, 'b'))).toHaveLength(150);
    expect(keptOneByOne(ORDER, [...gone('a'), ...gone('b')], payments(150, DUST, 'c'))).toEqual([]);
    expect(hasManyPayments([...gone('a'), ...gone('b')])).toBe(true);
    expect(keptOneByOne(ORDER, [...gone('a'), ...gone('b')], payments(1, LARGE, 'c'))).toHaveLength(1);
  });
});
