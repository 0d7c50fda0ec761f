import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { createProductReader, type ProductReader, type StockedProduct } from '#shared/catalog/product-reader.ts';
import { type StockShard, stockShardSchema } from '#shared/catalog/stock.ts';
import { stockKey } from '#shared/catalog/stock-keys.ts';
import { setCartLine } from '#shared/checkout/change-cart.ts';
import { acceptLate } from '#shared/orders/accept-late.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { Capability } from '#shared/platform/http/capability.ts';
import { orderId, TEST_DEADLINE_MS, testOrder, testPayment } from '#test/support/fakes/orders.ts';
import { createShopDesk, type ShopDesk } from '#test/support/fakes/shop-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

/** Orders in which the requests of buyer and operator can come, tried for each race. */
const SEEDS = Array.from({ length: 100 }, (_, seed) => seed);
const SKU = 'TEE-M';
/** All that there are, and all that is wanted: so a refusal is false, whenever it comes. */
const PIECES = 2;

/** Clients for all runs. */
const shared = createShopDesk();

/** Spreads stock over so many shards, as an operator does. */
function reshard(desk: ShopDesk, by: DynamoDBDocumentClient, shards: number) {
  return desk.change(SKU, { stock_shards: shards }, by);
}

/**
 * A reader that DynamoDB allows: BatchGetItem is no snapshot, each row of it is as it was at a moment of its own, in any order
 * (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html).
 */
function rowByRow(client: DynamoDBDocumentClient, random: () => number): ProductReader {
  const whole = createProductReader(client, 'shop');
  return {
    async read(wants) {
      const found = await whole.read(wants.map(({ sku }) => ({ sku, stockRows: 0 })));
      const torn: [string, StockedProduct][] = [];
      for (const [sku, { product }] of found) {
        const places = Array.from({ length: product.stock_rows }, (_, shard) => ({ shard, place: random() }));
        const shards: StockShard[] = [];
        for (const { shard } of places.toSorted((a, b) => a.place - b.place)) {
          shards.push(stockShardSchema.parse(await readItem(client, 'shop', stockKey(sku, shard))));
        }
        torn.push([sku, { product, shards: shards.toSorted((a, b) => a.shard - b.shard) }]);
      }
      return new Map(torn);
    },
  };
}

type Cart = Awaited<ReturnType<ShopDesk['putCart']>>;
type Want = (desk: ShopDesk, cart: Cart, by: DynamoDBDocumentClient, products: ProductReader) => Promise<unknown>;

/** Everything that is refused when pieces are missing. */
const WANTS: Readonly<Record<string, Want>> = {
  'a checkout': (desk, cart, by, products) => desk.checkOut(cart, { by }, {}, { products }),
  'a reservation in a cart': (desk, cart, by, products) =>
    setCartLine(
      { ...desk.checkoutDeps(by), products, reservationMs: 600_000, emptyCurrency: 'USD' },
      cart.id,
      SKU,
      { quantity: PIECES, reserve: true },
      desk.request({ capability: new Capability(cart.token) }),
    ),
  'a late payment that is accepted': (desk, _cart, by, products) =>
    acceptLate({ ...desk.requestDeps(by), products }, orderId(1), 'the customer asked', desk.request()),
};

/** A shop whose stock is in two shards, with a cart from when it was in one, and an order that was paid late. */
async function open() {
  const desk = createShopDesk(shared);
  desk.fillPool();
  desk.putProduct(SKU, [PIECES]);
  const cart = await desk.putCart([{ sku: SKU, quantity: PIECES }]);
  await desk.putOrder(testOrder({ status: 'expired' }));
  await desk.settle(orderId(1), [testPayment(1_000_000, { block_at: isoTime(TEST_DEADLINE_MS + 60_000) })]);
  await reshard(desk, desk.client, 2);
  return { desk, cart };
}

/** Has somebody want all pieces while an operator spreads them over other shards, in all orders. */
async function expectNeverShort(
  want: Want,
  reader: (client: DynamoDBDocumentClient, random: () => number) => ProductReader,
): Promise<void> {
  for (const seed of SEEDS) {
    const { desk, cart } = await open();
    const random = seededRandom(seed);
    const buyer = desk.crossing.client('buyer');
    const operator = desk.crossing.client('operator');
    const outcomes = await desk.crossing.run(
      {
        buyer: () => want(desk, cart, buyer, reader(buyer, random)),
        operator: async () => {
          for (const shards of [1, 3, 1, 2]) await reshard(desk, operator, shards);
        },
      },
      random,
    );
    expect({ seed, ...outcomes }).toMatchObject({ buyer: { status: 'fulfilled' }, operator: { status: 'fulfilled' } });
    await expectShopLaws(desk);
  }
}

describe('while stock is spread over other shards, in 100 interleavings', { timeout: 300_000 }, () => {
  it.each(Object.entries(WANTS))(
    '%s of all pieces is never told OUT_OF_STOCK, though it thinks that there are fewer shards than there are',
    (_what, want) => expectNeverShort(want, (client) => createProductReader(client, 'shop')),
  );

  it.each(Object.entries(WANTS))(
    '%s of all pieces is never told OUT_OF_STOCK, though every shard is read at a moment of its own',
    (_what, want) => expectNeverShort(want, rowByRow),
  );

  it('an adjustment that takes all pieces away is never told OUT_OF_STOCK', async () => {
    await expectNeverShort(
      (desk, _cart, by, products) => desk.adjust(SKU, -PIECES, by, desk.catalogDeps(by, products)),
      rowByRow,
    );
  });
});
