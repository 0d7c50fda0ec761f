import { describe, expect, it } from 'vitest';
import type { OrderStatus, Payment } from '#shared/orders/order.ts';
import { factsOf } from '#shared/orders/reduce.ts';
import { requireStep } from '#shared/orders/steps.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { orderId, testOrder, testPayment } from '#test/support/fakes/orders.ts';
import { createShopDesk } from '#test/support/fakes/shop-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';

const ID = orderId(1);
const PAID = testPayment(1_000_000);
const GONE: Payment = { ...PAID, status: 'orphaned' };

/** A shop with an order of a status, whose payment is stored. */
async function withOrder(status: OrderStatus) {
  const desk = createShopDesk();
  desk.putProduct('TEE-M', [10]);
  await desk.putOrder(testOrder({ status: 'awaiting_payment' }));
  await desk.settle(ID, [PAID]);
  if (status !== 'paid') await desk.ask(ID, 'fulfilled', 'operator');
  if (status === 'completed') await desk.ask(ID, 'completed', 'operator');
  const alerts = () => desk.rows('logs').filter(({ sk }) => sk === 'ALERT');
  return { ...desk, alerts };
}

describe('a paid order whose money has gone from the chain', () => {
  it('is not fulfilled, and the refusal says why', async () => {
    const desk = await withOrder('paid');
    await desk.settle(ID, [GONE]);
    const refused = await caughtLater(HavenError, () => desk.ask(ID, 'fulfilled', 'operator'));
    expect(refused).toMatchObject({
      code: 'INVALID_TRANSITION',
      message: expect.stringContaining('its money has not gone from the chain'),
      details: { from: 'paid', to: 'fulfilled', guard: 'still_confirmed' },
    });
    expect(await desk.order(ID)).toMatchObject({ status: 'paid', stock: 'reserved' });
    await expectShopLaws(desk);
  });

  it('is not fulfilled while what came back has too few confirmations, and is when it has enough', async () => {
    const desk = await withOrder('paid');
    await desk.settle(ID, [GONE]);
    await desk.settle(ID, [{ ...PAID, status: 'detected' }]);
    for (const to of ['fulfilled', 'cancelled'] as const) {
      const refused = await caughtLater(HavenError, () => desk.ask(ID, to, 'operator'));
      expect(refused.code).toBe('INVALID_TRANSITION');
    }
    await desk.settle(ID, [PAID]);
    expect(await desk.ask(ID, 'fulfilled', 'operator')).toMatchObject({ status: 'fulfilled', flags: [] });
  });

  it('is cancelled by an operator, never by its customer: its pieces can be sold again, and what is left given back', async () => {
    const desk = await withOrder('paid');
    const rest = testPayment(400_000, { id: `31337:0x${'cd'.repeat(32)}:0` });
    await desk.settle(ID, [GONE, rest]);
    const refused = await caughtLater(HavenError, () => desk.ask(ID, 'cancelled', 'customer'));
    expect(refused.code).toBe('INVALID_TRANSITION');
    expect(await desk.ask(ID, 'cancelled', 'operator')).toMatchObject({ status: 'cancelled' });
    expect(await desk.order(ID)).toMatchObject({ stock: 'released', payment: { amount_paid: '400000' } });
    const [last] = desk.rows('audit').filter(({ action }) => action === 'order.cancelled_after_payment_lost');
    expect(last).toMatchObject({ severity: 'WARNING', detail: { from: 'paid', to: 'cancelled' } });
    expect(
      requireStep({ id: ID, status: 'cancelled' }, 'refunding', 'operator', factsOf(testOrder(), [rest], 0)).to,
    ).toBe('refunding');
    await expectShopLaws(desk);
  });

  it('is not cancelled as long as its money is there', async () => {
    const desk = await withOrder('paid');
    const refused = await caughtLater(HavenError, () => desk.ask(ID, 'cancelled', 'operator'));
    expect(refused).toMatchObject({ code: 'INVALID_TRANSITION', details: { guard: 'money_gone' } });
  });
});

describe('that the money of an order has gone from the chain', () => {
  it.each(['paid', 'fulfilled', 'completed'] as const)('is told by an alert when the order is %s', async (status) => {
    const desk = await withOrder(status);
    expect(desk.alerts()).toEqual([]);
    await desk.settle(ID, [GONE]);
    expect(desk.alerts()).toMatchObject([
      {
        severity: 'CRITICAL',
        category: 'payment_anomaly',
        dedupe_key: `order-payment-undone:${ID}`,
        details: { order_id: ID, status, amount_due: '1000000', amount_paid: '0' },
      },
    ]);
    expect(JSON.stringify(desk.alerts())).not.toContain('ada@example.com');
    expect(desk.metrics.counts()).toMatchObject({ OrderPaymentUndone: 1, AlertRecorded: 1, CriticalAlert: 1 });
    await expectShopLaws(desk);
  });

  it('is told once, however often and by how many the order is settled', async () => {
    const desk = await withOrder('paid');
    await Promise.all(Array.from({ length: 8 }, () => desk.settle(ID, [GONE])));
    await desk.settle(ID);
    expect(desk.alerts()).toHaveLength(1);
    const undone = desk.rows('audit').filter(({ action }) => action === 'order.payment_undone');
    expect(undone).toHaveLength(1);
  });

  it('is told again when it came back and has gone again, as of the same thing', async () => {
    const desk = await withOrder('paid');
    for (const seen of [GONE, PAID, GONE]) await desk.settle(ID, [seen]);
    const keys = desk.alerts().map(({ dedupe_key }) => dedupe_key);
    expect(keys).toEqual([`order-payment-undone:${ID}`, `order-payment-undone:${ID}`]);
  });

  it('is no alert before it had covered the order for good, nor while the rest covers it still', async () => {
    const desk = createShopDesk();
    desk.putProduct('TEE-M', [10]);
    await desk.putOrder(testOrder());
    await desk.settle(ID, [{ ...PAID, status: 'detected' }]);
    await desk.settle(ID, [GONE]);
    expect(await desk.order(ID)).toMatchObject({ status: 'awaiting_payment' });
    const second = testPayment(1_000_000, { id: `31337:0x${'cd'.repeat(32)}:0` });
    await desk.settle(ID, [PAID, second]);
    await desk.settle(ID, [GONE]);
    expect(await desk.order(ID)).toMatchObject({ status: 'paid', flags: [] });
    expect(desk.rows('logs')).toEqual([]);
  });
});
