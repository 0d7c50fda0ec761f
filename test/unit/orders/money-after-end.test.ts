import { describe, expect, it } from 'vitest';
import type { OrderStatus, Payment } from '#shared/orders/order.ts';
import { orderId, testOrder, testPayment } from '#test/support/fakes/orders.ts';
import { createShopDesk } from '#test/support/fakes/shop-desk.ts';

const ID = orderId(1);
const PAID = testPayment(1_000_000);
const GONE: Payment = { ...PAID, status: 'orphaned' };
/** The same transfer, in another block that counts its logs otherwise. */
const MOVED: Payment = {
  ...PAID,
  id: `31337:0x${'ab'.repeat(32)}:7`,
  on_chain: PAID.on_chain && { ...PAID.on_chain, block_hash: `0x${'b2'.repeat(32)}`, log_index: 7 },
};

async function open(status: OrderStatus) {
  const desk = createShopDesk();
  desk.putProduct('TEE-M', [10]);
  await desk.putOrder(testOrder({ status }));
  return {
    ...desk,
    told: () => desk.rows('logs').map(({ severity, category, dedupe_key }) => [severity, category, dedupe_key]),
  };
}

const came = ['WARNING', 'payment_anomaly', `order-paid-after-end:${ID}:${PAID.id}`];

describe('money that comes to an order that asks for none any more', () => {
  it.each(['cancelled', 'refunded', 'completed'] as const)('%s, is an alert, once for each payment', async (status) => {
    const desk = await open(status);
    await desk.settle(ID, [{ ...PAID, status: 'detected' }]);
    expect(desk.told()).toContainEqual(came);
    const told = desk.told().length;
    await desk.settle(ID, [{ ...PAID, status: 'detected' }]);
    await desk.settle(ID, [PAID]);
    await desk.settle(ID, [{ ...PAID, is_watched: false }]);
    expect(desk.told()).toHaveLength(told);
    await desk.settle(ID, [{ ...PAID, id: `31337:0x${'cd'.repeat(32)}:0` }]);
    expect(desk.told()).toHaveLength(told + 1);
  });

  it('is none where the order waits for it, or its flags tell of it', async () => {
    for (const status of ['awaiting_payment', 'expired', 'confirming'] as const) {
      const desk = await open(status);
      await desk.settle(ID, [PAID]);
      expect(desk.told()).toEqual([]);
    }
  });
});

describe('money that goes from the chain after its order was refunded', () => {
  it('is a CRITICAL alert, once, and what moved to another block is none', async () => {
    const desk = await open('refunded');
    await desk.settle(ID, [PAID]);
    const before = desk.told().length;
    await desk.settle(ID, [GONE, MOVED]);
    expect(desk.told()).toHaveLength(before);
    const lost: Payment = { ...MOVED, status: 'orphaned' };
    await desk.settle(ID, [lost]);
    await desk.settle(ID, [{ ...lost, is_watched: false }]);
    const told = ['CRITICAL', 'payment_anomaly', `order-payment-gone:${ID}:${MOVED.id}`];
    expect(desk.told().slice(before)).toEqual([told]);
  });
});
