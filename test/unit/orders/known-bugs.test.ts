import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { checkoutConfigShape } from '#shared/checkout/checkout-config.ts';
import { paymentItem } from '#shared/orders/put-order.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { orderId, TEST_DEADLINE_MS, testOrder, testPayment } from '#test/support/fakes/orders.ts';
import { createShopDesk } from '#test/support/fakes/shop-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';

/** Bugs of other shops, each of which must not happen here: by the name under which it was reported. */

const ID = orderId(1);
const LATE = { block_at: isoTime(TEST_DEADLINE_MS + 60_000) };

/** A shop with an order of two of ten pieces, after that time. */
async function open(afterMs = 0, status: 'awaiting_payment' | 'paid' = 'awaiting_payment') {
  const desk = createShopDesk();
  desk.putProduct('TEE-M', [10]);
  await desk.putOrder(testOrder({ status }), status === 'paid' ? [testPayment(1_000_000)] : []);
  desk.clock.advance(afterMs);
  const shard = () => desk.rows('shop').find(({ sk }) => sk === 'STOCK');
  return { ...desk, shard };
}

const AFTER_DEADLINE_MS = 30 * 60_000 + 60_000;

describe('BTCPay', () => {
  it('#2587, #3449, #7024: what is paid after expiry is kept in sight, and an operator can accept it', async () => {
    const desk = await open(AFTER_DEADLINE_MS);
    await desk.expire();
    await desk.settle(ID, [testPayment(1_000_000, LATE)]);
    expect(await desk.order(ID)).toMatchObject({
      status: 'expired',
      flags: ['paid_late'],
      payment: { amount_paid: '1000000' },
    });
    expect(await desk.acceptLate(ID)).toMatchObject({ status: 'paid', flags: ['paid_late'] });
    expect(desk.shard()).toMatchObject({ available: 8, reserved: 2 });
    await desk.ask(ID, 'fulfilled', 'operator');
    expect(desk.shard()).toMatchObject({ available: 8, reserved: 0, sold: 2 });
    await expectShopLaws(desk);
  });

  it('#2587: late money for which there is no stock is refused whole, and nothing changes', async () => {
    const desk = await open(AFTER_DEADLINE_MS);
    await desk.expire();
    await desk.settle(ID, [testPayment(1_000_000, LATE)]);
    await desk.adjust('TEE-M', -9);
    const before = JSON.stringify(desk.rows('shop'));
    expect(await caughtLater(HavenError, () => desk.acceptLate(ID))).toMatchObject({
      code: 'OUT_OF_STOCK',
      details: { lines: [{ sku: 'TEE-M', wanted: 2, available: 1 }] },
    });
    expect(JSON.stringify(desk.rows('shop'))).toBe(before);
  });

  it('#2587: late money that does not cover, or is not deep enough, can not be accepted', async () => {
    for (const payment of [testPayment(500_000, LATE), testPayment(1_000_000, { ...LATE, status: 'detected' })]) {
      const desk = await open(AFTER_DEADLINE_MS);
      await desk.expire();
      await desk.settle(ID, [payment]);
      expect((await caughtLater(HavenError, () => desk.acceptLate(ID))).code).toBe('INVALID_TRANSITION');
    }
  });

  it('#1123, #1302: after a long time without anybody looking, one look puts every order where it belongs', async () => {
    const desk = await open(7 * 86_400_000);
    await desk.putOrder(testOrder({ id: orderId(2) }));
    desk.dynamo.put('shop', paymentItem(testPayment(1_000_000, { order_id: orderId(2) })));
    expect(await desk.expire()).toEqual({ looked: 2, failed: 0, cutOff: false });
    expect(await desk.order(ID)).toMatchObject({ status: 'expired' });
    // Its payment was in time, though nobody settled it then.
    expect(await desk.order(orderId(2))).toMatchObject({ status: 'paid' });
    await expectShopLaws(desk);
  });

  it('woo #33, #72, bitpay #88, #6021, #6107, Vendure #3509: pieces are for sale again in the very write that expires or cancels an order', async () => {
    const expired = await open(AFTER_DEADLINE_MS);
    await expired.expire();
    expect(expired.shard()).toMatchObject({ available: 10, reserved: 0 });
    const cancelled = await open();
    await cancelled.ask(ID, 'cancelled', 'customer');
    expect(cancelled.shard()).toMatchObject({ available: 10, reserved: 0 });
  });

  it('#1371, #1375: a payment that is replaced takes the order back', async () => {
    const desk = await open();
    await desk.settle(ID, [testPayment(1_000_000, { status: 'detected' })]);
    expect(await desk.order(ID)).toMatchObject({ status: 'confirming' });
    await desk.settle(ID, [testPayment(1_000_000, { status: 'orphaned' })]);
    expect(await desk.order(ID)).toMatchObject({ status: 'awaiting_payment', payment: { amount_paid: '0' } });
    await expectShopLaws(desk);
  });

  it('#3548: nothing is paid before it has its confirmations', async () => {
    const desk = await open();
    await desk.settle(ID, [testPayment(1_000_000, { status: 'detected' })]);
    expect((await caughtLater(HavenError, () => desk.ask(ID, 'fulfilled', 'operator'))).code).toBe(
      'INVALID_TRANSITION',
    );
  });
});

describe('other shops', () => {
  it('Vendure #3065: who pays in time gets the pieces, whatever became of all the others meanwhile', async () => {
    const desk = await open();
    await desk.adjust('TEE-M', -8);
    await desk.settle(ID, [testPayment(1_000_000)]);
    await desk.ask(ID, 'fulfilled', 'operator');
    expect(desk.shard()).toMatchObject({ available: 0, reserved: 0, sold: 2 });
    await expectShopLaws(desk);
  });

  it('Vendure #2620: who pays twice has an order that is overpaid, paid once and told once', async () => {
    const desk = await open();
    await desk.settle(ID, [testPayment(1_000_000)]);
    await desk.settle(ID, [testPayment(1_000_000, { id: 'again' })]);
    expect(await desk.order(ID)).toMatchObject({
      ...{ status: 'paid', flags: ['overpaid'] },
      payment: { amount_paid: '2000000' },
    });
    const paid = desk.rows('shop').filter(({ sk, event }) => sk === 'NOTICE' && event === 'order.paid');
    expect(paid.map(({ audience }) => audience).toSorted()).toEqual(['customer', 'merchant']);
  });

  it('Saleor #543, #5334: every line of an order has all its pieces, in shards that count them', async () => {
    const desk = createShopDesk();
    desk.fillPool();
    desk.putProduct('TEE-M', [3, 4]);
    desk.putProduct('MUG', [5]);
    const cart = await desk.putCart([
      { sku: 'TEE-M', quantity: 6 },
      { sku: 'MUG', quantity: 2 },
    ]);
    const { id } = await desk.checkOut(cart);
    const lines = (await desk.order(id))?.lines ?? [];
    const pieces = lines.map(({ allocations }) => allocations.reduce((sum, { quantity }) => sum + quantity, 0));
    expect(pieces).toEqual(lines.map(({ quantity }) => quantity));
    await expectShopLaws(desk);
  });

  it('Medusa #13301, #4798, #12481: a checkout that failed can be tried again, with the same cart', async () => {
    const desk = createShopDesk();
    desk.fillPool();
    desk.putProduct('TEE-M', [2]);
    const cart = await desk.putCart([{ sku: 'TEE-M', quantity: 2 }]);
    const price = () => Promise.reject(new HavenError('PRICE_UNAVAILABLE', 'The feed is away'));
    await expect(desk.checkOut(cart, {}, {}, { prices: { price } })).rejects.toMatchObject({
      code: 'PRICE_UNAVAILABLE',
    });
    const { id } = await desk.checkOut(cart);
    expect(await desk.order(id)).toMatchObject({ cart_id: cart.id, status: 'awaiting_payment' });
    await expectShopLaws(desk);
  });

  it('BTCPay #6378: no stage can be so tolerant that an order is paid by nothing', () => {
    const tolerance = z.object(checkoutConfigShape).shape.PAYMENT_TOLERANCE_BPS;
    expect([tolerance.parse(undefined), tolerance.parse('100')]).toEqual([10, 100]);
    for (const bps of ['101', '10000', '-1', '0.5']) expect(tolerance.safeParse(bps).success).toBe(false);
  });
});

describe('the seed', () => {
  it('S1: the same payment counts when it has enough confirmations, though it was seen before', async () => {
    const desk = await open();
    await desk.settle(ID, [testPayment(1_000_000, { status: 'detected' })]);
    await desk.settle(ID, [testPayment(1_000_000, { status: 'detected' })]);
    await desk.settle(ID, [testPayment(1_000_000)]);
    expect(await desk.order(ID)).toMatchObject({ status: 'paid', payment: { amount_paid: '1000000' } });
  });

  it('S2: a payment that is told again by another process counts once', async () => {
    const desk = await open();
    await desk.settle(ID, [testPayment(600_000)], desk.crossing.client('one'));
    await desk.settle(ID, [testPayment(600_000)], desk.crossing.client('other'));
    expect(await desk.order(ID)).toMatchObject({ status: 'awaiting_payment', flags: ['partially_paid'], version: 2 });
  });

  it('S3, S4: order, stock, entry and notices are one write', async () => {
    const desk = await open(0, 'paid');
    const writes: string[] = [];
    desk.client.middlewareStack.add(
      (next, context) => (args) => {
        if (/Put|Update|Delete|TransactWrite/.test(context.commandName ?? '')) writes.push(context.commandName ?? '');
        return next(args);
      },
      { step: 'initialize', name: 'writes' },
    );
    await desk.ask(ID, 'fulfilled', 'operator');
    expect(writes).toEqual(['TransactWriteItemsCommand']);
    expect(desk.rows('audit')).toHaveLength(1);
    expect(desk.rows('shop').filter(({ sk }) => sk === 'NOTICE')).toHaveLength(2);
  });

  it('S5: no status becomes itself, and a change that was judged by an older state is none', async () => {
    const desk = await open(0, 'paid');
    await desk.ask(ID, 'fulfilled', 'operator');
    expect((await caughtLater(HavenError, () => desk.ask(ID, 'fulfilled', 'operator'))).code).toBe(
      'INVALID_TRANSITION',
    );
    const stale = desk.ask(ID, 'completed', 'operator', desk.client, { ifMatchVersion: 1 });
    await expect(stale).rejects.toMatchObject({ code: 'VERSION_MISMATCH' });
  });

  it('S7, freesocks #25: a shortfall in tolerance is said, an excess is said, and late money is never dropped', async () => {
    const seen = async (amount: number, late: boolean) => {
      const desk = await open(late ? AFTER_DEADLINE_MS : 0);
      if (late) await desk.expire();
      await desk.settle(ID, [testPayment(amount, late ? LATE : {})]);
      const order = await desk.order(ID);
      return [order?.status, ...(order?.flags ?? [])];
    };
    expect(await seen(999_500, false)).toEqual(['paid', 'settled_within_tolerance']);
    expect(await seen(1_200_000, false)).toEqual(['paid', 'overpaid']);
    expect(await seen(1_200_000, true)).toEqual(['expired', 'overpaid', 'paid_late']);
  });

  it('S9: every change of an order is on its audit stream', async () => {
    const desk = await open();
    await desk.settle(ID, [testPayment(400_000)]);
    await desk.settle(ID, [testPayment(600_000, { id: 'second' })]);
    await desk.ask(ID, 'fulfilled', 'operator');
    expect(desk.rows('audit').map(({ action, detail }) => [action, detail])).toMatchObject([
      ['order.payments_changed', { amount_paid: '400000', flags: ['partially_paid'] }],
      ['order.confirming', { amount_paid: '1000000' }],
      ['order.paid', { amount_paid: '1000000' }],
      ['order.fulfilled', { cause: 'operator' }],
    ]);
  });
});

describe('one order that can not be settled', () => {
  it('stays where it is, is said, and keeps no other from being settled', async () => {
    const desk = await open(AFTER_DEADLINE_MS);
    await desk.putOrder(testOrder({ id: orderId(2) }));
    const shard = desk.shard();
    desk.dynamo.put('shop', { ...shard, reserved: 2, available: 8 });
    expect(await desk.expire()).toEqual({ looked: 2, failed: 1, cutOff: false });
    expect(desk.log.of('ORDER_NOT_SETTLED')).toHaveLength(1);
    expect(desk.metrics.counts()).toMatchObject({ OrderNotSettled: 1, OrderExpired: 1 });
  });

  it('is left for the next run when there is no time', async () => {
    const desk = await open(AFTER_DEADLINE_MS);
    const report = await desk.expire(desk.client, 1_000);
    expect(report).toEqual({ looked: 0, failed: 0, cutOff: true });
    expect(await desk.expire()).toMatchObject({ looked: 1, cutOff: false });
  });
});
