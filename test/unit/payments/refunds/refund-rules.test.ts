import { describe, expect, it } from 'vitest';
import { type OnChainOrderPayment, type OrderStatus, orderStatusSchema, type Payment } from '#shared/orders/order.ts';
import { transitions } from '#shared/orders/transitions.ts';
import type { Refund } from '#shared/payments/refunds/refund.ts';
import {
  committedAmount,
  confirmedAmount,
  mayClaimAddress,
  REFUNDABLE_IN,
  type RefundFacts,
  refundable,
  requireRefundable,
} from '#shared/payments/refunds/refund-rules.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caught } from '#test/support/fakes/caught.ts';
import { testOrder, testPayment } from '#test/support/fakes/orders.ts';
import { testRefund } from '#test/support/fakes/refunds.ts';

const DUE = 1_000_000;

function facts(
  status: OrderStatus,
  payments: readonly Payment[],
  refunds: readonly Refund[] = [],
  payment: Partial<OnChainOrderPayment> = {},
): RefundFacts {
  return { order: testOrder({ status }, payment), payments, refunds };
}

describe('what was confirmed for an order', () => {
  it.each([
    ['nothing', [], 0n],
    ['one payment', [testPayment(7)], 7n],
    ['late ones as well', [testPayment(7), testPayment(5, { block_at: '2030-01-01T00:00:00.000Z' })], 12n],
    ['none that is only seen', [testPayment(7, { status: 'detected' })], 0n],
    ['none whose block is gone', [testPayment(7, { status: 'orphaned' })], 0n],
    ['none in something else than was asked for', [testPayment(7, { other_asset: 'DAI' })], 0n],
    ['what a processor took as well', [testPayment(7, { on_chain: null })], 7n],
    ['beyond what a float can count', [testPayment(2n ** 255n), testPayment(1)], 2n ** 255n + 1n],
  ] as const)('is %s', (_what, payments, sum) => {
    expect(confirmedAmount(payments)).toBe(sum);
  });
});

it('what is given back counts pending and confirmed refunds, and none that failed', () => {
  const refunds = (['pending', 'confirmed', 'failed'] as const).map((status, n) =>
    testRefund({ status, amount: String(10 ** n) }),
  );
  expect(committedAmount(refunds)).toBe(11n);
});

describe('the most that may be given back', () => {
  it.each([
    ['all of a paid order', 'paid', [DUE], [], 'order', 1_000_000n],
    ['all of an overpaid order, the excess too', 'paid', [DUE + 5], [], 'order', 1_000_005n],
    ['what an expired order got', 'expired', [400], [], 'order', 400n],
    ['what a cancelled order got', 'cancelled', [400, 2], [], 'order', 402n],
    ['again what was tried in vain', 'refunding', [400], [['failed', 400]], 'order', 400n],
    ['what more came while it was refunded', 'refunding', [400, 9], [['confirmed', 400]], 'order', 9n],
    ['nothing of what is given back', 'refunding', [400], [['confirmed', 400]], 'order', 0n],
    [
      'nothing below zero when money has gone from the chain since',
      'refunding',
      [1],
      [['confirmed', 400]],
      'order',
      0n,
    ],
    ['nothing of an order that waits', 'awaiting_payment', [400], [], 'order', 0n],
    ['nothing of an order that waits for confirmations', 'confirming', [DUE], [], 'order', 0n],
    ['nothing of what was sent out', 'fulfilled', [DUE], [], 'order', 0n],
    ['the excess of a paid order', 'paid', [DUE + 5], [], 'excess', 5n],
    ['the excess of a fulfilled order', 'fulfilled', [DUE, 5], [], 'excess', 5n],
    ['the excess of a completed order', 'completed', [DUE, 5], [], 'excess', 5n],
    ['no excess twice', 'paid', [DUE + 5], [['confirmed', 5]], 'excess', 0n],
    ['the excess again that was tried in vain', 'paid', [DUE + 5], [['failed', 5]], 'excess', 5n],
    ['the rest of the order, its excess gone', 'paid', [DUE + 5], [['confirmed', 5]], 'order', 1_000_000n],
    ['no excess of what was paid exactly', 'paid', [DUE], [], 'excess', 0n],
    ['no excess of what is short within the tolerance', 'paid', [DUE - 5], [], 'excess', 0n],
    ['no excess of an expired order: all of it is its own', 'expired', [DUE + 5], [], 'excess', 0n],
    ['what came after an order was refunded', 'refunded', [400, 9], [['confirmed', 400]], 'excess', 9n],
  ] as const)('is %s', (_what, status, paid, refunds, kind, most) => {
    const given = refunds.map(([of, amount]) => testRefund({ status: of, amount: String(amount) }));
    expect(
      refundable(
        facts(
          status,
          paid.map((amount) => testPayment(amount)),
          given,
        ),
        kind,
      ),
    ).toBe(most);
  });
});

describe('a refund that is asked for', () => {
  const paid = facts('paid', [testPayment(DUE + 5)]);

  it.each([
    ['all by default', 'order', undefined, { amount: 1_000_005n, isPartial: false }],
    ['all by name', 'order', 1_000_005n, { amount: 1_000_005n, isPartial: false }],
    ['less', 'order', 1n, { amount: 1n, isPartial: true }],
    ['the excess by default', 'excess', undefined, { amount: 5n, isPartial: false }],
    ['a part of the excess', 'excess', 4n, { amount: 4n, isPartial: true }],
  ] as const)('gives back %s', (_what, kind, wanted, amount) => {
    expect(requireRefundable(paid, kind, wanted)).toEqual(amount);
  });

  it.each([
    ['one more than there is', 'order', 1_000_006n],
    ['one more than the excess', 'excess', 6n],
    ['nothing', 'order', 0n],
    ['less than nothing', 'order', -1n],
  ] as const)('is refused for %s, naming the field and the most', (_what, kind, wanted) => {
    const error = caught(HavenError, () => requireRefundable(paid, kind, wanted));
    expect(error.code).toBe('INVALID_AMOUNT');
    expect(error.details).toMatchObject({ fields: [{ field: 'body.amount' }] });
    expect(error.message).toContain(kind === 'order' ? '1000005' : 'at most 5');
  });

  it('is refused while another is under way, naming that', () => {
    const open = testRefund({ status: 'pending', amount: '1' });
    const error = caught(HavenError, () =>
      requireRefundable(facts('refunding', [testPayment(DUE)], [open]), 'order', 1n),
    );
    expect(error).toMatchObject({ code: 'INVALID_TRANSITION', details: { refund_id: open.id } });
  });

  it.each([
    ['nothing came', []],
    ['what came is not confirmed', [testPayment(5, { status: 'detected' })]],
    ['what came is something else', [testPayment(5, { other_asset: 'DAI' })]],
  ] as const)('is refused where %s: it is never zero', (_why, payments) => {
    const error = caught(HavenError, () => requireRefundable(facts('expired', payments), 'order', undefined));
    expect(error).toMatchObject({ code: 'INVALID_TRANSITION', details: { confirmed: '0' } });
  });
});

describe('which orders can be refunded', () => {
  it('is what has a transition to refunding, and those that are refunding already', () => {
    const leading = orderStatusSchema.options.filter((from) => transitions[from].refunding !== undefined);
    expect([...REFUNDABLE_IN.order].toSorted()).toEqual([...leading, 'refunding'].toSorted());
  });

  it.each(orderStatusSchema.options)('says of %s whether a customer may claim an address', (status) => {
    const claims = (payments: readonly Payment[], refunds: readonly Refund[] = []) =>
      mayClaimAddress(facts(status, payments, refunds));
    const isOpen = REFUNDABLE_IN.order.includes(status);
    const mayHaveExcess = REFUNDABLE_IN.excess.includes(status);
    expect(claims([])).toBe(isOpen);
    expect(claims([testPayment(DUE + 5)])).toBe(isOpen || mayHaveExcess);
    expect(claims([testPayment(DUE + 5)], [testRefund({ status: 'pending', amount: '1' })])).toBe(false);
  });
});
