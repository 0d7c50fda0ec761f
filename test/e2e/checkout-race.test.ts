import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { run } from '#local/commands.ts';
import { createProductReader } from '#shared/catalog/product-reader.ts';
import { levelOf } from '#shared/catalog/stock.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { allocationsOf } from '#shared/orders/put-order.ts';
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
const PROCESSES = 4;
const BUYERS = 200;
const PIECES = 50;

checkShopAfterAll('RACE-');

let haven: LocalHaven;
let client: ReturnType<typeof createDocumentClient>;
let key: string;
beforeAll(async () => {
  haven = localHaven();
  client = createDocumentClient(new DynamoDBClient(awsOptions(haven.info)));
  const issued = await haven.client.createApiKey({
    body: { name: 'buyers', scopes: ['catalog:read', 'carts:write'] },
  });
  key = issued.key ?? '';
});

/** A product of this run only. */
async function newProduct(pieces: number, shards: number): Promise<string> {
  const sku = `RACE-${randomUUID().slice(0, 8)}`;
  const price = { amount: '2500', currency: 'USD' };
  const body = { sku, name: 'T-shirt', price, stock: pieces, stock_shards: shards, max_per_order: 100 };
  await haven.client.createProduct({ body });
  return sku;
}

/** Each order takes a wallet, and an empty pool is another refusal than the one that is looked for. */
async function poolHas(wallets: number): Promise<void> {
  await eventually(
    `${wallets} deposit wallets`,
    async () => {
      await callAsScheduled(haven, 'deposit-pool');
      const { free } = await haven.client.showDepositPool();
      return free >= wallets ? true : undefined;
    },
    60_000,
  );
}

/** Runs all buyers at once, in processes of their own. */
async function race(carts: readonly (readonly string[])[]): Promise<readonly string[]> {
  const outputs = await Promise.all(
    Array.from({ length: PROCESSES }, (_, process_) => {
      const own = carts.filter((_cart, index) => index % PROCESSES === process_);
      const env = {
        ...process.env,
        API_URL: haven.info.apiUrl,
        API_KEY: key,
        CHAIN_ID: String(haven.info.chainId),
        CARTS: JSON.stringify(own),
      };
      return run(process.execPath, ['test/support/processes/check-out.ts'], { env });
    }),
  );
  return outputs.flatMap((output) => z.array(z.string()).parse(JSON.parse(output)));
}

function counted(outcomes: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const one of outcomes) {
    const name = one.startsWith('ord_') ? 'orders' : one;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Holds counters against what orders say that they took, piece by piece. */
async function expectExact(skus: readonly string[], orderIds: readonly string[]): Promise<void> {
  const found = await createProductReader(client, SHOP).read(skus.map((sku) => ({ sku, stockRows: 1 })));
  const orders = createOrderStore(client, SHOP);
  const taken = await Promise.all(orderIds.map(async (id) => (await orders.find(id))?.order));
  const placed = taken.flatMap((order) => (order === undefined ? [] : [order]));
  expect(placed).toHaveLength(orderIds.length);
  expect(new Set(placed.map(({ payment }) => payment.address)).size).toBe(placed.length);
  const allocations = placed.flatMap(allocationsOf);
  for (const sku of skus) {
    for (const { shard, reserved, available, sold } of found.get(sku)?.shards ?? []) {
      const own = allocations.filter((one) => one.sku === sku && one.shard === shard);
      expect(reserved).toBe(own.reduce((sum, { quantity }) => sum + quantity, 0));
      expect([available >= 0, sold]).toEqual([true, 0]);
    }
  }
}

describe('200 buyers from 4 processes', () => {
  it.each([
    { shards: 1, pieces: PIECES },
    { shards: 8, pieces: PIECES },
  ])(
    'for the pieces of one SKU in $shards shards: as many orders as pieces, all others out of stock',
    async ({ shards, pieces }) => {
      const sku = await newProduct(pieces, shards);
      await poolHas(pieces);
      const outcomes = await race(Array.from({ length: BUYERS }, () => [sku]));
      expect(counted(outcomes)).toEqual({ orders: pieces, OUT_OF_STOCK: BUYERS - pieces });
      await expectExact(
        [sku],
        outcomes.filter((one) => one.startsWith('ord_')),
      );
      const level = levelOf(
        (await createProductReader(client, SHOP).read([{ sku, stockRows: 1 }])).get(sku)?.shards ?? [],
      );
      expect(level).toEqual({ on_hand: pieces, available: 0, reserved: pieces, sold: 0 });
    },
  );

  it('with carts of three SKUs in different orders: nothing taken in part, nobody stuck', async () => {
    const [a = '', b = '', c = ''] = [await newProduct(24, 1), await newProduct(40, 4), await newProduct(32, 2)];
    await poolHas(24);
    const orders = [
      [a, b, c],
      [c, a, b],
      [b, c, a],
    ];
    const outcomes = await race(Array.from({ length: BUYERS }, (_, n) => orders[n % orders.length] ?? []));
    expect(counted(outcomes)).toEqual({ orders: 24, OUT_OF_STOCK: BUYERS - 24 });
    await expectExact(
      [a, b, c],
      outcomes.filter((one) => one.startsWith('ord_')),
    );
  });
});

describe('one cart checked out 20 times at once', () => {
  const TIMES = 20;

  /** A cart of one piece, and a request that checks it out under an Idempotency-Key. */
  async function filled() {
    const sku = await newProduct(TIMES, 4);
    await poolHas(TIMES);
    const storefront = clientWith(haven.info, key);
    const { id, token } = await storefront.createCart();
    const cart = { params: { id }, token: token ?? '' };
    const { total } = await storefront.setCartLine({ ...cart, params: { id, sku }, body: { quantity: 1 } });
    const body = { chain_id: haven.info.chainId, asset: 'ETH', email: null, expected_total: total };
    return { sku, id, check: (idempotencyKey: string) => storefront.checkOut({ ...cart, body, idempotencyKey }) };
  }

  /** One order with one piece, whatever else was answered. */
  async function expectOneOrder({ sku, id }: { readonly sku: string; readonly id: string }, orderId: string) {
    const { data } = await haven.client.listOrders({ query: { sku, limit: 100 } });
    expect(data.map((order) => [order.id, order.cart_id])).toEqual([[orderId, id]]);
    await expectExact([sku], [orderId]);
  }

  it('under a key each, is one order, and all others are told which', async () => {
    const cart = await filled();
    const answers = await Promise.allSettled(Array.from({ length: TIMES }, () => cart.check(randomUUID())));
    const placed = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const refusals = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
    expect(placed).toHaveLength(1);
    const orderId = placed[0]?.id ?? '';
    expect(refusals).toHaveLength(TIMES - 1);
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({
        status: 409,
        code: 'INVALID_TRANSITION',
        problem: { details: { order_id: orderId } },
      });
    }
    await expectOneOrder(cart, orderId);
  });

  it('under one key, is one order, and every answer is the same to the letter, its token too', async () => {
    const cart = await filled();
    const once = randomUUID();
    const answers = await Promise.all(Array.from({ length: TIMES }, () => cart.check(once)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]?.token).toEqual(expect.any(String));
    await expectOneOrder(cart, answers[0]?.id ?? '');
  });
});
