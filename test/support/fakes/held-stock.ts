import type { Allocation } from '#shared/catalog/stock.ts';
import { cartKey, HOLDING_CARTS } from '#shared/checkout/cart-keys.ts';
import { orderKey, statusPartition } from '#shared/orders/order-keys.ts';
import { type CatalogDesk, createCatalogDesk } from './catalog-desk.ts';

/** The product whose pieces are held. */
export const HELD_SKU = 'TEE-M';
const LINE = { ...{ quantity: 1, name: 'Tee', unit_price: { amount: '1', currency: 'USD' } } };

/** Stores as much of an order as says what it holds. */
export function holdInOrder(
  desk: CatalogDesk,
  id: string,
  status: string,
  allocations: readonly Allocation[],
  stock = 'reserved',
) {
  const lines = [{ ...LINE, sku: HELD_SKU, allocations }];
  desk.dynamo.put('shop', { ...orderKey(id), id, status, stock, lines, gsi2pk: statusPartition(status), gsi2sk: id });
}

/** Stores as much of a cart as says what it holds. */
function holdInCart(desk: CatalogDesk, id: string, allocations: readonly Allocation[], status = 'open') {
  const reservation = { until: '2026-11-22T00:00:00.000Z', allocations };
  const lines = [{ ...LINE, sku: HELD_SKU, offer: 1, stock_rows: 2, reservation }];
  const until = { gsi2pk: HOLDING_CARTS, gsi2sk: `${reservation.until}#${id}` };
  desk.dynamo.put('shop', { ...cartKey(id), id, status, lines, ...until });
}

/** A product of 20 pieces in two shards: 3 and 2 held by orders, 1 by a cart. */
export async function createHeldStock(around?: Parameters<typeof createCatalogDesk>[0]) {
  const desk = createCatalogDesk(around);
  const price = { amount: '2500', currency: 'USD' };
  await desk.send('POST', '/products', { sku: HELD_SKU, name: 'Tee', price, stock: 20, stock_shards: 2 });
  await desk.send('POST', '/products', { sku: 'MUG', name: 'Mug', price, stock: 5 });
  const held: readonly [string, string, Allocation][] = [
    ['ord_1', 'awaiting_payment', { sku: HELD_SKU, shard: 0, quantity: 3 }],
    ['ord_2', 'paid', { sku: HELD_SKU, shard: 1, quantity: 2 }],
  ];
  for (const [id, status, allocation] of held) {
    await desk.reserve(allocation);
    holdInOrder(desk, id, status, [allocation]);
  }
  const inCart = { sku: HELD_SKU, shard: 1, quantity: 1 };
  await desk.reserve(inCart);
  holdInCart(desk, 'crt_1', [inCart]);
  // None of these holds anything, whatever its lines say.
  holdInOrder(desk, 'ord_3', 'fulfilled', [{ sku: HELD_SKU, shard: 0, quantity: 9 }], 'sold');
  holdInOrder(desk, 'ord_4', 'expired', [{ sku: HELD_SKU, shard: 0, quantity: 9 }], 'released');
  holdInCart(desk, 'crt_2', [{ sku: HELD_SKU, shard: 0, quantity: 9 }], 'checked_out');
  return desk;
}
