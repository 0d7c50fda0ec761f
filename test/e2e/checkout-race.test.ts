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
import { awsOptions, callAsScheduled, eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const SHOP = 'haven-local-shop';
const PROCESSES = 4;
const BUYERS = 200;
const PIECES = 50;

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
