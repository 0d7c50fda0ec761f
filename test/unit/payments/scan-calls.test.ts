import { describe, expect, it } from 'vitest';
import { paymentAddressKey } from '#shared/orders/order-keys.ts';
import { orderItem } from '#shared/orders/put-order.ts';
import { AwsCallCounter } from '#shared/platform/aws/call-counter.ts';
import { testOrder } from '#test/support/fakes/orders.ts';
import { createScanDesk, payAddress, payToken, TOKEN } from '#test/support/fakes/scan-desk.ts';

const BLOCKS = 20;

/** A scan desk with so many orders that wait for money, whose calls are counted. */
async function open(orders: number) {
  const desk = createScanDesk();
  for (let n = 1; n <= orders; n += 1) {
    const id = `ord_${String(n).padStart(26, '0')}`;
    const address = payAddress(1_000_000 + n);
    desk.dynamo.put('shop', orderItem(testOrder({ id }, { token_address: TOKEN, address })));
    desk.dynamo.put('shop', { ...paymentAddressKey(address), order_id: id });
  }
  await desk.place(1);
  await desk.place(2);
  await desk.scan();
  const calls = new AwsCallCounter();
  calls.attach(desk.client);
  return { ...desk, calls };
}

/** What 20 blocks with one payment and a hundred strangers cost. */
async function costOf(orders: number) {
  const { chain, calls, scan } = await open(orders);
  const strangers = Array.from({ length: 100 }, (_, n) => ({
    token: TOKEN,
    to: payAddress(2_000_000 + n),
    amount: 5n,
  }));
  for (let block = 1; block < BLOCKS; block += 1) chain.mine({ name: `s${block}`, logs: strangers });
  chain.mine({ name: 'paid', logs: [{ token: TOKEN, to: payAddress(1), amount: 1_000_000n }] });
  const before = chain.asked.length;
  await scan();
  const asked = chain.asked.slice(before);
  return { aws: calls.snapshot(), requests: asked.length, rpcCalls: asked.flat().length };
}

describe('what a range of blocks costs', () => {
  it('is the same with 10, 1,000 and 10,000 open orders: calls to the chain, and to tables', {
    timeout: 120_000,
  }, async () => {
    const [ten, thousand, tenThousand] = [await costOf(10), await costOf(1_000), await costOf(10_000)];
    expect(thousand).toEqual(ten);
    expect(tenThousand).toEqual(ten);
    expect(ten).toEqual({
      // Of the cursor.
      aws: {
        GetItemCommand: 1,
        // 101 recipients.
        BatchGetItemCommand: 2,
        // Watched payments above the range, and all of them; each shard of what is due; the order that was paid.
        QueryCommand: 1 + 1 + 4 + 1,
        // The order that was paid, and the cursor.
        TransactWriteItemsCommand: 2,
      },
      // The head, and the range.
      requests: 2,
      // The head; whole blocks, logs, and the block that all is held against.
      rpcCalls: 1 + BLOCKS + 1 + 1,
    });
  });

  it('for a payment more is two calls to tables, and two with a look-up of many when it is confirmed', async () => {
    const { chain, calls, scan } = await open(0);
    chain.mine({ name: 'nothing' });
    await scan();
    const idle = calls.total();
    calls.reset();
    chain.mine({ name: 'two', logs: [payToken(1), payToken(2)] });
    await scan();
    // One look-up of recipients, and for each payment a Query and a transaction.
    expect(calls.total()).toBe(idle + 1 + 2 * 2);
    calls.reset();
    chain.mine();
    await scan();
    // One look-up of payments with their orders.
    expect(calls.total()).toBe(idle + 1 + 2 * 2);
  });
});
