import { describe, expect, it } from 'vitest';
import { STUCK_AFTER_MS } from '#shared/payments/processors/tell-of-stuck.ts';
import { AwsCallCounter } from '#shared/platform/aws/call-counter.ts';
import { orderId, processorOrder, testOrder } from '#test/support/fakes/orders.ts';
import { createShopDesk } from '#test/support/fakes/shop-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';
import { createWebhookDesk } from '#test/support/fakes/webhook-desk.ts';

const MINUTE_MS = 60_000;
const ID = orderId(1);

/** An order of which its processor has said that it is paid, and not yet for good. */
async function confirming() {
  const desk = await createWebhookDesk();
  await desk.send(desk.standard({ type: 'payment.detected', confirmations: 0 }));
  expect(await desk.order(ID)).toMatchObject({ status: 'confirming' });
  const alerts = () => desk.rows('logs').filter(({ sk }) => sk === 'ALERT');
  return { ...desk, alerts };
}

describe('an order whose processor never says that its money is final', () => {
  it('is told of once, after six hours, with its invoice and an entry', async () => {
    const desk = await confirming();
    desk.clock.advance(STUCK_AFTER_MS);
    await desk.tellOfStuck();
    expect(desk.alerts()).toEqual([]);
    desk.clock.advance(MINUTE_MS);
    await desk.tellOfStuck();
    expect(desk.alerts()).toMatchObject([
      {
        severity: 'WARNING',
        category: 'payment_anomaly',
        details: { order_id: ID, invoice_id: 'inv-1', processor: 'acme' },
      },
    ]);
    expect(await desk.order(ID)).toMatchObject({ status: 'confirming', stock: 'reserved' });
    const entries = desk.rows('audit').filter(({ pk }) => pk === ID);
    expect(entries.at(-1)).toMatchObject({ action: 'order.confirming_for_long', severity: 'WARNING' });
    desk.clock.advance(10 * STUCK_AFTER_MS);
    await Promise.all([desk.tellOfStuck(), desk.tellOfStuck()]);
    expect(desk.alerts()).toHaveLength(1);
    await expectShopLaws(desk);
  });

  it('is told of once, though runs are side by side', async () => {
    const desk = await confirming();
    desk.clock.advance(STUCK_AFTER_MS + MINUTE_MS);
    await Promise.all([desk.tellOfStuck(), desk.tellOfStuck(), desk.tellOfStuck()]);
    expect(desk.alerts()).toHaveLength(1);
    expect(desk.log.of('ORDER_NOT_SETTLED')).toEqual([]);
  });

  it('is paid by its word all the same, and then in no index of what is waited for', async () => {
    const desk = await confirming();
    desk.clock.advance(STUCK_AFTER_MS + MINUTE_MS);
    await desk.tellOfStuck();
    await desk.send(desk.standard({ confirmations: 3 }));
    expect(await desk.order(ID)).toMatchObject({ status: 'paid', stuck_told_at: null });
    expect(desk.orders()[0]).not.toHaveProperty('gsi3pk');
  });

  it('is told of no more once it is paid', async () => {
    const desk = await confirming();
    await desk.send(desk.standard({ confirmations: 3 }));
    desk.clock.advance(STUCK_AFTER_MS + MINUTE_MS);
    await desk.tellOfStuck();
    expect(desk.alerts()).toEqual([]);
  });
});

it('is found by an index, with reads that do not grow with the orders that are not due', async () => {
  const desk = createShopDesk();
  desk.putProduct('TEE-M', [200]);
  for (let n = 1; n <= 40; n += 1) await desk.putOrder(processorOrder({ id: orderId(n), status: 'confirming' }));
  await desk.putOrder(testOrder({ id: orderId(99), status: 'confirming' }));
  const calls = new AwsCallCounter();
  calls.attach(desk.client);
  await desk.tellOfStuck();
  // One for each shard of the index.
  expect(calls.snapshot()).toEqual({ QueryCommand: 4 });
});
