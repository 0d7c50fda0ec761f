import type { Allocation } from '#shared/catalog/stock.ts';
import { checkOffer } from '#shared/catalog/stock-transactions.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import type { OnConflict, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { Cart } from './cart.ts';
import type { Takeover } from './cart-reservations.ts';
import { putCart } from './cart-rows.ts';
import { sealCart } from './cart-seal.ts';

/**
 * What a checkout does with a cart, to be added to its own transaction. In this order: `openCart` and `requireOpen` with the item that
 * it read; `settleCart` (a write of its own where a reservation is over, as when a cart is checked out in the minute before the sweeper
 * comes); `takeoverOf` the lines that are left; then these two.
 */

/**
 * Adds to a transaction that an order takes what its cart had reserved. Pieces stay reserved, so no stock is written; that the
 * price is still asked and the product still on sale is a condition on one of their shards, as it is part of the condition of
 * every reservation (docs/decisions/0022-shop-table.md). Needs the right to ConditionCheckItem on shards.
 *
 * @param offerOf the offer of each product as it was read, under which the order is sold
 * @param onConflict gets the shard as it is; see `refusalOf`
 * @returns the allocations that the order's lines get, by SKU
 */
export function takeOverHeld(
  write: WriteTransaction,
  table: string,
  { held }: Takeover,
  offerOf: (sku: string) => number,
  onConflict: (sku: string) => OnConflict,
): ReadonlyMap<string, readonly Allocation[]> {
  for (const { sku, allocations } of held) {
    const [first] = allocations;
    if (first !== undefined) checkOffer(write, table, first, offerOf(sku), onConflict(sku));
  }
  return new Map(held.map(({ sku, allocations }) => [sku, allocations]));
}

/**
 * Adds to a transaction that a cart has become an order. Its reservations are the order's from then on, so that none is in
 * the cart any more.
 *
 * @param cart as it was opened; its version is in the condition
 * @returns the cart as it is then
 * @throws (at commit) Raced when somebody changed it meanwhile, and so when it was checked out twice at once
 */
export function putCheckedOut(
  write: WriteTransaction,
  table: string,
  shopKey: string,
  cart: Cart,
  orderId: string,
  nowMs: number,
): Cart {
  const { checksum: _, ...rest } = cart;
  const after = sealCart(shopKey, {
    ...rest,
    status: 'checked_out',
    lines: cart.lines.map((line) => ({ ...line, reservation: null })),
    order_id: orderId,
    updated_at: isoTime(nowMs),
    version: cart.version + 1,
  });
  putCart(write, table, cart, after, () => new Raced('The cart was changed meanwhile'));
  return after;
}
