import { expect } from 'vitest';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { productStream } from '#shared/catalog/catalog-keys.ts';
import { productSchema } from '#shared/catalog/product.ts';
import { stockShardSchema } from '#shared/catalog/stock.ts';
import { cartSchema } from '#shared/checkout/cart.ts';
import { isSealed } from '#shared/checkout/cart-seal.ts';
import { holderSchema } from '#shared/custody/deposit-pool/pool-rows.ts';
import type { Finding, Rule } from '#shared/integrity/finding.ts';
import { minedFacts } from '#shared/integrity/mined-facts.ts';
import { shopFindings } from '#shared/integrity/shop-findings.ts';
import { addRow, noRows } from '#shared/integrity/shop-rows.ts';
import { type Order, orderSchema, orderStatusSchema } from '#shared/orders/order.ts';
import { allocationsOf, orderItem } from '#shared/orders/put-order.ts';
import { STOCK_OF, transitions } from '#shared/orders/transitions.ts';
import type { ShopDesk } from './shop-desk.ts';

type Looked = Pick<ShopDesk, 'rows' | 'client' | 'stocked' | 'inPlace' | 'shopKey'>;

/**
 * What holds of a shop at any moment, whoever was killed or raced: every piece is counted once; every product has one history, and all its
 * shards are sold under its offer; every order has one history that is legal, an address and a wallet that are its alone, and a cart that says so;
 * there is nothing of an order that isn't there; and every rule of `npm run data:check` that needs no chain.
 *
 * @param isLost whether the test took money from the chain that may have been given back: only then may more have gone back than there is now
 */
export async function expectShopLaws(desk: Looked, { isLost = false } = {}): Promise<void> {
  expect(foundIn(desk).filter(({ rule }) => !(isLost && rule === 'refunded'))).toEqual([]);
  const shop = desk.rows('shop');
  const orders = shop.filter(({ sk }) => sk === 'ORDER');
  expectCounts(
    desk,
    shop,
    orders.map((row) => orderSchema.parse(row)),
  );
  for (const row of shop.filter(({ sk }) => sk === 'PRODUCT')) await expectProduct(desk, shop, row);
  for (const row of orders) await expectOrder(desk, row);
  const ids = orders.map(({ id }) => id);
  const owned = shop.filter(({ sk }) => sk !== 'ORDER' && typeof sk === 'string');
  for (const { order_id } of owned.filter(({ sk }) => sk === 'NOTICE' || sk === 'PAYMENT_ADDRESS')) {
    expect(ids).toContain(order_id);
  }
  for (const row of owned.filter(({ sk }) => sk === 'CART')) {
    const cart = cartSchema.parse(row);
    expect(isSealed(desk.shopKey, cart)).toBe(true);
    const became = orders.filter(({ cart_id }) => cart_id === cart.id).map(({ id }) => id);
    expect(became).toEqual(cart.status === 'checked_out' ? [cart.order_id] : []);
  }
  const holders = desk.rows('ledger').filter(({ sk }) => sk === 'HOLDER');
  for (const { order_id } of holders) expect(ids).toContain(order_id);
}

/** What an order lacks that was put in place and not checked out: the way to its address, its wallet or its invoice. */
const NOT_IN_PLACE: ReadonlySet<Rule> = new Set<Rule>(['address', 'deposit_wallet', 'invoice']);

/** What the rules of `npm run data:check` find. */
function foundIn(desk: Looked): readonly Finding[] {
  const rows = noRows();
  for (const row of desk.rows('shop')) addRow(rows, row);
  const ledger = desk.rows('ledger');
  const held = ledger.flatMap((row) => (row['sk'] === 'HOLDER' ? [holderSchema.parse(row)] : []));
  const mined = ledger.flatMap((row) => (row['sk'] === 'TX' ? (minedFacts(row) ?? []) : []));
  const found = shopFindings(rows, { held, cameIn: desk.stocked, mined });
  return found.filter(({ rule, of }) => !(NOT_IN_PLACE.has(rule) && desk.inPlace.has(of)));
}

function expectCounts(desk: Looked, shop: readonly Record<string, unknown>[], orders: readonly Order[]): void {
  const shards = shop.filter(({ sk }) => sk === 'STOCK').map((row) => stockShardSchema.parse(row));
  const inCarts = shop
    .filter(({ sk, status }) => sk === 'CART' && status === 'open')
    .flatMap((row) => cartSchema.parse(row).lines)
    .flatMap(({ reservation }) => reservation?.allocations ?? []);
  const held = [...orders.filter(({ stock }) => stock === 'reserved').flatMap(allocationsOf), ...inCarts];
  const sold = orders.filter(({ stock }) => stock === 'sold').flatMap(allocationsOf);
  for (const shard of shards) {
    const of = (all: typeof held) =>
      all
        .filter((one) => one.sku === shard.sku && one.shard === shard.shard)
        .reduce((sum, { quantity }) => sum + quantity, 0);
    expect({ at: [shard.sku, shard.shard], reserved: shard.reserved, sold: shard.sold }).toEqual({
      at: [shard.sku, shard.shard],
      reserved: of(held),
      sold: of(sold),
    });
    expect(shard.available).toBeGreaterThanOrEqual(0);
  }
  for (const [sku, pieces] of desk.stocked) {
    const own = shards.filter((shard) => shard.sku === sku);
    expect([
      sku,
      own.reduce((sum, { available, reserved, sold: gone }) => sum + available + reserved + gone, 0),
    ]).toEqual([sku, pieces]);
  }
}

async function expectProduct(
  desk: Looked,
  shop: readonly Record<string, unknown>[],
  row: Record<string, unknown>,
): Promise<void> {
  const { sku, offer, active, stock_rows, ...product } = productSchema.parse(row);
  const stream = productStream(sku);
  expect(firstBreak(stream, await createAuditStore(desk.client, 'audit').stored(stream), product)).toBeNull();
  const shards = shop.filter(({ sk, sku: of }) => sk === 'STOCK' && of === sku);
  expect(shards.map((shard) => [shard['offer'], shard['on_sale']])).toEqual(
    Array.from({ length: stock_rows }, () => [offer, active]),
  );
}

async function expectOrder(desk: Looked, row: Record<string, unknown>): Promise<void> {
  const order = orderSchema.parse(row);
  expect(order.stock).toBe(STOCK_OF[order.status]);
  expect(row).toEqual(JSON.parse(JSON.stringify(orderItem(order))));
  const entries = await createAuditStore(desk.client, 'audit').stored(order.id);
  expect(firstBreak(order.id, entries, order)).toBeNull();
  const path = desk
    .rows('audit')
    .filter(({ pk }) => pk === order.id)
    .toSorted((a, b) => Number(a['seq']) - Number(b['seq']))
    .flatMap(({ detail }) => (isStep(detail) ? [[detail.from, detail.to]] : []));
  // Orders that a test put in place as they are have no history before that.
  const first = path[0]?.[0];
  let status = first === undefined ? order.status : String(first);
  for (const [from, to] of path) {
    expect(from).toBe(status);
    status = String(to);
    expect(Object.keys(transitions[orderStatusSchema.parse(from)])).toContain(to);
  }
  expect(order.status).toBe(status);
  const address = desk.rows('shop').filter(({ sk, order_id }) => sk === 'PAYMENT_ADDRESS' && order_id === order.id);
  const holders = desk.rows('ledger').filter(({ sk, order_id }) => sk === 'HOLDER' && order_id === order.id);
  expect(address).toHaveLength(holders.length);
  for (const holder of holders) expect(holder['wallet_id']).toBe(order.payment.wallet_id);
}

function isStep(detail: unknown): detail is { from: string; to: string } {
  return typeof detail === 'object' && detail !== null && 'from' in detail && 'to' in detail;
}
