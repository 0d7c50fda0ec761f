import { describe, expect, it } from 'vitest';
import { AwsCallCounter } from '#shared/platform/aws/call-counter.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { orderId, TEST_DEADLINE_MS, testOrder, testPayment } from '#test/support/fakes/orders.ts';
import { createShopDesk } from '#test/support/fakes/shop-desk.ts';
import type { TableShape } from '../../../bench/capacity-model.ts';
import { CapacityRecorder } from '../../../bench/capacity-recorder.ts';
import { itemSchema } from '../../../bench/item-size.ts';

const gsi = (index: number) => ({ name: `gsi${index}`, keys: [`gsi${index}pk`, `gsi${index}sk`] });
const byPosition = (index: number) => ({ name: `gsi${index}`, keys: [`gsi${index}pk`, 'position'] });

/** As lib/stacks/data-stack.ts makes them. */
const SHAPES: Readonly<Record<string, TableShape>> = {
  shop: { keys: ['pk', 'sk'], indexes: [gsi(1), gsi(2), gsi(3), gsi(4)] },
  ledger: { keys: ['pk', 'sk'], indexes: [gsi(1), gsi(2), gsi(3)] },
  audit: {
    keys: ['pk', 'seq'],
    indexes: [{ ...byPosition(1), projected: ['hash'] }, byPosition(2), byPosition(3), byPosition(4)],
  },
  ephemeral: { keys: ['pk'], indexes: [gsi(1)] },
};

/** A shop whose calls and units are counted. */
function open() {
  const desk = createShopDesk();
  desk.fillPool();
  desk.putProduct('TEE-M', [10]);
  const calls = new AwsCallCounter();
  calls.attach(desk.client);
  const recorder = new CapacityRecorder({
    shape: async (table) => SHAPES[table] ?? { keys: ['pk'], indexes: [] },
    read: async (table, key) => {
      const found = desk.dynamo
        .items(table)
        .find((item) =>
          Object.entries(key).every(([name, value]) => JSON.stringify(item[name]) === JSON.stringify(value)),
        );
      return found === undefined ? undefined : itemSchema.parse(found);
    },
  });
  recorder.attach(desk.client);
  return { ...desk, calls, recorder };
}

describe('calls to DynamoDB and its units', () => {
  it('of a checkout of one line: three calls, one of them the transaction', async () => {
    const desk = open();
    const cart = await desk.putCart([{ sku: 'TEE-M', quantity: 1 }]);
    await desk.checkOut(cart);
    expect(desk.calls.snapshot()).toEqual({ BatchGetItemCommand: 2, TransactWriteItemsCommand: 1 });
    expect(desk.recorder.take()).toEqual({ tableWriteUnits: 28, indexWriteUnits: 10, readUnits: 6, failedWrites: 0 });
  });

  it('of a checkout of 40 lines: still three calls', async () => {
    const desk = open();
    const skus = Array.from({ length: 40 }, (_, n) => `SKU-${n}`);
    for (const sku of skus) desk.putProduct(sku, [5]);
    await desk.checkOut(await desk.putCart(skus.map((sku) => ({ sku, quantity: 1 }))));
    expect(desk.calls.snapshot()).toEqual({ BatchGetItemCommand: 2, TransactWriteItemsCommand: 1 });
  });

  it('of a checkout that is refused for want of stock: three calls, the last of which makes sure', async () => {
    const desk = open();
    const cart = await desk.putCart([{ sku: 'TEE-M', quantity: 11 }]);
    await expect(desk.checkOut(cart)).rejects.toMatchObject({ code: 'OUT_OF_STOCK' });
    expect(desk.calls.snapshot()).toMatchObject({ BatchGetItemCommand: 3 });
    expect(desk.calls.snapshot()).not.toHaveProperty('TransactWriteItemsCommand');
  });

  it('of a payment that settles an order: two calls', async () => {
    const desk = open();
    await desk.putOrder(testOrder());
    await desk.settle(orderId(1), [testPayment(1_000_000)]);
    expect(desk.calls.snapshot()).toEqual({ QueryCommand: 1, TransactWriteItemsCommand: 1 });
    // One of the index: that nobody has swept it.
    expect(desk.recorder.take()).toEqual({ tableWriteUnits: 18, indexWriteUnits: 12, readUnits: 1, failedWrites: 0 });
  });

  it('of a cancellation, and of a fulfilment: two calls', async () => {
    const desk = open();
    await desk.putOrder(testOrder());
    await desk.ask(orderId(1), 'cancelled', 'operator');
    expect(desk.calls.snapshot()).toEqual({ QueryCommand: 1, TransactWriteItemsCommand: 1 });
    await desk.putOrder(testOrder({ id: orderId(2), status: 'paid' }), [
      testPayment(1_000_000, { order_id: orderId(2) }),
    ]);
    desk.calls.reset();
    await desk.ask(orderId(2), 'fulfilled', 'operator');
    expect(desk.calls.snapshot()).toEqual({ QueryCommand: 1, TransactWriteItemsCommand: 1 });
  });

  it('of expiry: a query of each shard, one look at what is due, and two calls an order', async () => {
    const desk = open();
    await desk.expire();
    expect(desk.calls.snapshot()).toEqual({ QueryCommand: 4 });
    for (const n of [1, 2, 3]) {
      const lines = testOrder().lines.map((line) => ({
        ...line,
        quantity: 1,
        allocations: [{ sku: 'TEE-M', shard: 0, quantity: 1 }],
      }));
      await desk.putOrder(testOrder({ id: orderId(n), lines, expires_at: isoTime(TEST_DEADLINE_MS) }));
    }
    desk.clock.advance(TEST_DEADLINE_MS - desk.clock.now() + 60_000);
    desk.calls.reset();
    await desk.expire();
    expect(desk.calls.snapshot()).toMatchObject({ QueryCommand: 7, TransactWriteItemsCommand: 3 });
  });
});
