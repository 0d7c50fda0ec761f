import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { dueOrders, orderKey } from '#shared/orders/order-keys.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { orderItem } from '#shared/orders/put-order.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { awsOptions, eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { createPayingShop, type PayingShop, type Placed, SEEN_MS } from '#test/support/paying-shop.ts';
import { checkShopAfterAll } from '#test/support/shop-check.ts';

const SHOP = 'haven-local-shop';
/** Of this run only: other tests have products of their own. */
const SKU = `PAYER-CASES-${randomUUID().slice(0, 8)}`;
const blockSchema = z.object({ timestamp: z.string() });
const receiptSchema = z.object({ status: z.string(), blockNumber: z.string() });

checkShopAfterAll(SKU);

let haven: LocalHaven;
let shop: PayingShop;
let payMany: string;
let feeToken: string;
beforeAll(async () => {
  haven = localHaven();
  shop = await createPayingShop(haven, SKU);
  payMany = await shop.payer.deploy('PayMany');
  feeToken = await shop.payer.deploy('FeeToken', 10n ** 24n);
});
afterAll(() => shop.payer.close());

/** The receipt of a transaction, once a block has it. */
const receiptOf = (hash: string) =>
  eventually(
    `a receipt of ${hash}`,
    async () => {
      const receipt = await shop.payer.ask('eth_getTransactionReceipt', [hash]);
      return receipt === null ? undefined : receiptSchema.parse(receipt);
    },
    SEEN_MS,
  );

/** Pays the order in full after all else that was sent, and says what has been seen of it until that is confirmed. */
async function seenBeside(order: Placed) {
  await shop.payer.send({ to: order.address, valueWei: order.due });
  await shop.becomes(order, { status: 'paid' });
  const { data } = await shop.storefront.listOrderPayments({ params: { id: order.id }, token: order.token });
  return data;
}

/** Puts the deadline of an order to the time of a block that was mined already, as time would. */
async function dueAt(orderId: string, blockNumber: string): Promise<void> {
  const client = createDocumentClient(new DynamoDBClient(awsOptions(haven.info)));
  const block = blockSchema.parse(await shop.payer.ask('eth_getBlockByNumber', [blockNumber, false]));
  const found = await createOrderStore(client, SHOP).find(orderId);
  if (found === undefined) throw new Error(`No order ${orderId}`);
  const expires_at = isoTime(Number(block.timestamp) * 1_000);
  const { gsi3pk, gsi3sk } = orderItem({ ...found.order, expires_at });
  expect(gsi3pk).toContain(dueOrders(haven.info.chainId, 0).slice(0, -1));
  // Only these: a scanner that reads the chain meanwhile may have written the order.
  await client.send(
    new UpdateCommand({
      TableName: SHOP,
      Key: orderKey(orderId),
      UpdateExpression: 'SET expires_at = :at, gsi3sk = :due',
      ExpressionAttributeValues: { ':at': expires_at, ':due': gsi3sk },
    }),
  );
}

describe('somebody who pays on the deployed stack', () => {
  it('a little less, and too much, is credited with what came', async () => {
    const [less, over] = [await shop.placed(), await shop.placed('HAVEN')];
    const nearly = less.due - less.due / 1_000n;
    await shop.payer.send({ to: less.address, valueWei: nearly });
    await shop.sendToken(over.address, over.due * 2n);
    expect(await shop.becomes(less, { status: 'paid' })).toMatchObject({
      flags: ['settled_within_tolerance'],
      payment: { amount_paid: nearly.toString() },
    });
    expect(await shop.becomes(over, { status: 'paid' })).toMatchObject({
      flags: ['overpaid'],
      payment: { amount_paid: (over.due * 2n).toString() },
    });
  });

  it('by a transaction that fails, by one of nothing, or in a token that nobody accepts, pays nothing', async () => {
    const order = await shop.placed();
    const { payer } = shop;
    // The contract refuses uneven lists, and with them the coin that came along.
    const uneven = payer.data('PayMany', 'payCoin', [order.address], []);
    const failed = await payer.send({ to: payMany, valueWei: order.due, data: uneven });
    await payer.send({ to: order.address, valueWei: 0n });
    await shop.sendToken(order.address, 0n);
    await payer.send({ to: feeToken, data: payer.data('HavenToken', 'transfer', order.address, 1_000n) });
    expect(await receiptOf(failed)).toMatchObject({ status: '0x0' });
    expect(await seenBeside(order)).toMatchObject([{ amount: order.amount_due, status: 'confirmed' }]);
  });

  it('by what replaces another transaction is credited with the one that is mined', async () => {
    const [first, second] = [await shop.placed(), await shop.placed()];
    const { payer } = shop;
    const nonce = payer.lastNonce() + 1;
    // Neither is mined before the one that comes before them.
    await payer.send({ to: first.address, valueWei: first.due, nonce: nonce + 1 });
    await payer.send({ to: second.address, valueWei: second.due, nonce: nonce + 1, gasPriceGwei: 20 });
    await payer.send({ to: payer.address, nonce });
    await shop.becomes(second, { status: 'paid' });
    const params = { id: first.id };
    const { data } = await shop.storefront.listOrderPayments({ params, token: first.token });
    expect(data).toEqual([]);
    await payer.send({ to: payer.address, nonce: nonce + 2 });
    expect(await shop.storefront.getOrder({ params, token: first.token })).toMatchObject({
      status: 'awaiting_payment',
    });
  });

  it('by a contract that sends coin along is found at the deadline, by the balance', async () => {
    const order = await shop.placed();
    const { payer } = shop;
    const data = payer.data('PayMany', 'payCoin', [order.address], [order.due]);
    const { blockNumber } = await receiptOf(await payer.send({ to: payMany, valueWei: order.due, data }));
    await dueAt(order.id, blockNumber);
    expect(await shop.becomes(order, { status: 'paid' })).toMatchObject({ flags: [] });
    const { data: payments } = await shop.storefront.listOrderPayments({
      params: { id: order.id },
      token: order.token,
    });
    const id = `31337:${order.address.toLowerCase()}:balance`;
    expect(payments).toMatchObject([{ id, amount: order.amount_due, status: 'confirmed' }]);
  });

  it('too late by the time of the block leaves the order expired, and the money in sight', async () => {
    const order = await shop.placed();
    const { payer } = shop;
    const { blockNumber } = await receiptOf(await payer.send({ to: payer.address }));
    await dueAt(order.id, blockNumber);
    await payer.send({ to: order.address, valueWei: order.due });
    const late = await eventually(
      'late money',
      async () => {
        await shop.storefront.checkPayment({ params: { id: order.id }, token: order.token });
        const shown = await shop.storefront.getOrder({ params: { id: order.id }, token: order.token });
        return shown.flags.includes('paid_late') ? shown : undefined;
      },
      SEEN_MS,
      2_000,
    );
    expect(late).toMatchObject({ status: 'expired', payment: { amount_paid: order.amount_due } });
  });
});
