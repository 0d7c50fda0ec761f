import { emptyHead } from '#shared/audit/audit-entry.ts';
import { productStream } from '#shared/catalog/catalog-keys.ts';
import type { Product } from '#shared/catalog/product.ts';
import { productItem } from '#shared/catalog/product-rows.ts';
import { stockKey } from '#shared/catalog/stock-keys.ts';
import type { Cart, CartLine } from '#shared/checkout/cart.ts';
import { cartItem } from '#shared/checkout/cart-rows.ts';
import { sealCart } from '#shared/checkout/cart-seal.ts';
import { tokenHash } from '#shared/checkout/tokens.ts';
import { slotItem } from '#shared/custody/deposit-pool/pool-rows.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { countsAsPaid, type Order, type Payment } from '#shared/orders/order.ts';
import { allocationsOf, orderItem, paymentItem } from '#shared/orders/put-order.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { newId } from '#shared/platform/ids.ts';
import { type MemoryDynamo, plainItem } from './memory-dynamo.ts';

/** The shop's secret in tests. */
export const SHOP_KEY = 'a secret of the shop that is long enough to be one';

/** A line that a test cart has. */
export interface TestLine {
  readonly sku: string;
  readonly quantity: number;
  readonly price?: string;
  /** Reserved until then (milliseconds since the Unix epoch), from shard 0. */
  readonly reservedUntilMs?: number;
}

/**
 * What a test finds in the shop: rows that are put in place as they would be stored, by no use case.
 *
 * @param poolTarget deposit wallets of a full pool
 */
export function createShopGoods(dynamo: MemoryDynamo, now: Clock, poolTarget: number) {
  /** Pieces of each SKU that there ever were. */
  const stocked = new Map<string, number>();
  /** Orders that were put in place: no pool gave them their address, so nothing leads to it. */
  const inPlace = new Set<string>();
  const shopRows = () => dynamo.items('shop').map(plainItem);

  /** Puts a product in place, with a shard for each number of pieces. */
  function putProduct(sku: string, perShard: readonly number[], overrides: Partial<Product> = {}): Product {
    const stream = productStream(sku);
    const product: Product = {
      ...emptyHead(stream),
      id: newId('prd'),
      sku,
      name: `Product ${sku}`,
      price: { amount: '2500', currency: 'USD' },
      active: true,
      max_per_order: 10_000,
      low_stock_at: null,
      invoice_minutes: null,
      offer: 1,
      stock_shards: perShard.length,
      stock_rows: perShard.length,
      created_at: isoTime(now()),
      updated_at: isoTime(now()),
      version: 1,
      ...overrides,
    };
    dynamo.put('shop', productItem(product));
    for (const [shard, available] of perShard.entries()) {
      const counts = { sku, shard, available, reserved: 0, sold: 0, offer: product.offer, on_sale: product.active };
      dynamo.put('shop', { ...stockKey(sku, shard), ...counts, changes: 0 });
    }
    stocked.set(
      sku,
      perShard.reduce((sum, one) => sum + one, 0),
    );
    return product;
  }

  /** Fills the pool of deposit wallets. */
  function fillPool(wallets = poolTarget): void {
    for (let slot = 0; slot < wallets; slot += 1) {
      const walletId = newId('wal');
      const address = `0x${String(slot + 1).padStart(40, '0')}`;
      dynamo.put('ledger', slotItem({ slot, walletId, address }));
      const wallet = { status: 'active', paused: false, purpose: 'deposit', address, id: walletId };
      dynamo.put('ledger', { ...walletKey(walletId), ...wallet });
    }
  }

  async function move(shard: number, sku: string, by: { available?: number; reserved?: number }): Promise<void> {
    const row = shopRows().find(({ pk }) => pk === stockKey(sku, shard).pk);
    if (row === undefined) throw new Error(`No shard ${shard} of ${sku}`);
    const counted = (name: 'available' | 'reserved') => Number(row[name]) + (by[name] ?? 0);
    dynamo.put('shop', { ...row, available: counted('available'), reserved: counted('reserved') });
  }

  /** Puts an order in place with its pieces in the state that its status says, and what was paid for it. */
  async function putOrder(order: Order, payments: readonly Payment[] = []): Promise<void> {
    const paid = payments.filter(countsAsPaid).reduce((sum, { amount }) => sum + BigInt(amount), 0n);
    const payment = payments.length === 0 ? order.payment : { ...order.payment, amount_paid: paid.toString() };
    dynamo.put('shop', orderItem({ ...order, payment }));
    inPlace.add(order.id);
    for (const one of payments) dynamo.put('shop', paymentItem(one));
    if (order.stock !== 'reserved') return;
    for (const { sku, shard, quantity } of allocationsOf(order)) {
      await move(shard, sku, { available: -quantity, reserved: quantity });
    }
  }

  /** Puts an open cart in place, sealed, and what is reserved for its lines. */
  async function putCart(lines: readonly TestLine[], overrides: Partial<Cart> = {}) {
    const id = newId('crt');
    const token = `${id}${'x'.repeat(43)}`.slice(0, 43);
    const cartLines: CartLine[] = lines.map(({ sku, quantity, price = '2500', reservedUntilMs }) => ({
      sku,
      name: `Product ${sku}`,
      quantity,
      unit_price: { amount: price, currency: 'USD' },
      offer: 1,
      stock_rows: shopRows().filter(({ pk }) => String(pk).startsWith(`STOCK#${sku}#`)).length,
      reservation:
        reservedUntilMs === undefined
          ? null
          : { until: isoTime(reservedUntilMs), allocations: [{ sku, shard: 0, quantity }] },
    }));
    for (const { sku, quantity, reservedUntilMs } of lines) {
      if (reservedUntilMs !== undefined) await move(0, sku, { available: -quantity, reserved: quantity });
    }
    const cart = sealCart(SHOP_KEY, {
      id,
      token_hash: tokenHash(SHOP_KEY, 'cart-token', id, token),
      status: 'open',
      currency: lines.length === 0 ? null : 'USD',
      lines: cartLines,
      created_at: isoTime(now()),
      updated_at: isoTime(now()),
      expires_at: isoTime(now() + 86_400_000),
      order_id: null,
      version: 1,
      ...overrides,
    });
    dynamo.put('shop', cartItem(cart));
    const amount = lines.reduce((sum, { quantity, price = '2500' }) => sum + BigInt(price) * BigInt(quantity), 0n);
    return { id, token, cart, total: { amount: amount.toString(), currency: 'USD' } };
  }

  return { stocked, inPlace, putProduct, fillPool, putOrder, putCart };
}
