import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { createProductReader } from '#shared/catalog/product-reader.ts';
import { levelOf } from '#shared/catalog/stock.ts';
import type { HavenClient } from '#shared/client/haven-client.ts';
import type { Order, Payment } from '#shared/orders/order.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { orderItem, paymentItem } from '#shared/orders/put-order.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import {
  awsOptions,
  callAsScheduled,
  clientWith,
  eventually,
  type LocalHaven,
  localHaven,
} from '#test/support/local-haven.ts';
import { checkShopAfterAll } from '#test/support/shop-check.ts';

const SHOP = 'haven-local-shop';
/** Of this run only: other tests have products of their own. */
const SKU = `ORDERS-${randomUUID().slice(0, 8)}`;
const EMAIL = `ada+${SKU}@example.com`;
const PIECES = 20;
const HOUR_MS = 3_600_000;
/** Of some runs of the scanner, one after the other. */
const SETTLED_MS = 60_000;

checkShopAfterAll(SKU);

let haven: LocalHaven;
let client: ReturnType<typeof createDocumentClient>;
let storefront: HavenClient;
beforeAll(async () => {
  haven = localHaven();
  client = createDocumentClient(new DynamoDBClient(awsOptions(haven.info)));
  const price = { amount: '2500', currency: 'USD' };
  await haven.client.createProduct({ body: { sku: SKU, name: 'T-shirt', price, stock: PIECES, max_per_order: 100 } });
  const issued = await haven.client.createApiKey({
    body: { name: 'storefront', scopes: ['catalog:read', 'carts:write'] },
  });
  storefront = clientWith(haven.info, issued.key ?? '');
  await callAsScheduled(haven, 'deposit-pool');
});

/** Orders two pieces. */
async function placed() {
  const cart = await storefront.createCart();
  const token = cart.token ?? '';
  const params = { id: cart.id };
  const { total } = await storefront.setCartLine({ params: { ...params, sku: SKU }, token, body: { quantity: 2 } });
  const body = { chain_id: haven.info.chainId, asset: 'ETH', email: EMAIL, expected_total: total };
  const order = await storefront.checkOut({ params, token, body });
  return { id: order.id, token: order.token ?? '', order };
}

/**
 * Puts an order's deadline into the past, as time would; and with it, if it is to be paid, a payment, as a scanner that was killed before it settled
 * its order. At once: the scanner runs for other files, too, and whoever it finds overdue without a payment has not paid.
 *
 * @param paidAfterDeadlineMs absent: nothing was paid
 */
async function overdue(id: string, paidAfterDeadlineMs?: number): Promise<void> {
  const found = await createOrderStore(client, SHOP).find(id);
  if (found === undefined) throw new Error(`No order ${id}`);
  const order = { ...found.order, expires_at: isoTime(Date.now() - HOUR_MS) };
  const items = [
    orderItem(order),
    ...(paidAfterDeadlineMs === undefined ? [] : [paymentItem(paymentOf(order, paidAfterDeadlineMs))]),
  ];
  await client.send(
    new TransactWriteCommand({ TransactItems: items.map((Item) => ({ Put: { TableName: SHOP, Item } })) }),
  );
}

/** All that is due, found in a block. */
function paymentOf({ id, payment, expires_at }: Order, afterDeadlineMs: number): Payment {
  return {
    id: `${payment.chain_id}:0x${'ab'.repeat(32)}:native`,
    order_id: id,
    amount: payment.amount_due,
    status: 'confirmed',
    block_at: isoTime(Date.parse(expires_at) + afterDeadlineMs),
    on_chain: null,
    is_watched: false,
    detected_at: isoTime(Date.now()),
    confirmed_at: null,
  };
}

/** Has the scanner run as its schedule does until it has settled an order: a run to which others of the same moment are rivals leaves it to them. */
function settled(id: string) {
  return eventually(
    `${id} settled`,
    async () => {
      await callAsScheduled(haven, 'payment-scanner');
      const order = await haven.client.getOrder({ params: { id } });
      return order.status === 'awaiting_payment' ? undefined : order;
    },
    SETTLED_MS,
    1_000,
  );
}

async function level() {
  const found = await createProductReader(client, SHOP).read([{ sku: SKU, stockRows: 1 }]);
  const { available, reserved, sold } = levelOf(found.get(SKU)?.shards ?? []);
  return { available, reserved, sold };
}

describe('an order on the deployed stack', () => {
  it('is seen and cancelled by its customer, and by operators with its history', async () => {
    const before = await level();
    const { id, token } = await placed();
    expect(await level()).toEqual({ ...before, available: before.available - 2, reserved: before.reserved + 2 });
    expect(await storefront.getOrder({ params: { id }, token })).toMatchObject({ id, status: 'awaiting_payment' });
    await expect(storefront.getOrder({ params: { id }, token: 'A'.repeat(43) })).rejects.toMatchObject({ status: 404 });
    expect(await haven.client.getOrder({ params: { id } })).toMatchObject({ id });
    const listed = await haven.client.listOrders({ query: { status: 'awaiting_payment', limit: 100 } });
    expect(listed.data.map((one) => one.id)).toContain(id);
    const [line] = listed.data.find((one) => one.id === id)?.lines ?? [];
    const ofSku = await haven.client.listOrders({ query: { sku: line?.sku ?? '' } });
    expect(ofSku.data.map((one) => one.id)).toContain(id);
    const ofCustomer = await haven.client.listOrders({ query: { email: EMAIL.toLowerCase() } });
    expect(ofCustomer.data.map((one) => [one.id, one.email])).toContainEqual([id, EMAIL]);
    expect(await storefront.cancelOwnOrder({ params: { id }, token })).toMatchObject({ status: 'cancelled' });
    expect(await level()).toEqual(before);
    const history = await haven.client.getOrderHistory({ params: { id } });
    expect(history.data.map(({ action }) => action)).toEqual(['order.created', 'order.cancelled']);
  });

  it('expires by the schedule, and gives its pieces back', async () => {
    const before = await level();
    const { id } = await placed();
    await overdue(id);
    expect(await settled(id)).toMatchObject({ status: 'expired', flags: [] });
    expect(await level()).toEqual(before);
  });

  it('that was paid in time is paid by the schedule, though nobody settled it; then fulfilled and completed', async () => {
    const before = await level();
    const { id, token } = await placed();
    await overdue(id, -1_000);
    await settled(id);
    expect(await storefront.getOrder({ params: { id }, token })).toMatchObject({ status: 'paid', version: 2 });
    const payments = await storefront.listOrderPayments({ params: { id }, token });
    expect(payments.data).toMatchObject([{ status: 'confirmed' }]);
    expect(await haven.client.fulfilOrder({ params: { id } })).toMatchObject({ status: 'fulfilled' });
    expect(await haven.client.completeOrder({ params: { id } })).toMatchObject({ status: 'completed' });
    expect(await level()).toEqual({ ...before, available: before.available - 2, sold: before.sold + 2 });
  });

  it('that was paid too late is accepted by an operator, with pieces anew', async () => {
    const before = await level();
    const { id } = await placed();
    await overdue(id, 60_000);
    expect(await settled(id)).toMatchObject({ status: 'expired', flags: ['paid_late'] });
    const accepted = await haven.client.acceptLateOrder({ params: { id }, body: { reason: 'asked for' } });
    expect(accepted).toMatchObject({ status: 'paid', flags: ['paid_late'] });
    expect(await level()).toEqual({ ...before, available: before.available - 2, reserved: before.reserved + 2 });
  });

  it('is one for one Idempotency-Key, with the same token', async () => {
    const cart = await storefront.createCart();
    const token = cart.token ?? '';
    const params = { id: cart.id };
    const { total } = await storefront.setCartLine({ params: { ...params, sku: SKU }, token, body: { quantity: 1 } });
    const body = { chain_id: haven.info.chainId, asset: 'ETH', email: null, expected_total: total };
    const check = () => storefront.checkOut({ params, token, body, idempotencyKey: `once-${cart.id}` });
    const [first, second] = [await check(), await check()];
    expect(second).toEqual(first);
  });
});
