import { shardOf } from '#shared/platform/dynamo/shard-of.ts';
import { unchangedSince } from '#shared/platform/dynamo/versions.ts';
import type { OnConflict, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { Cart } from './cart.ts';
import { cartKey, HOLDING_CARTS, OPEN_CART_SHARDS, openCarts } from './cart-keys.ts';
import { firstEnd } from './cart-reservations.ts';

/**
 * The item of a cart. In gsi1 by its end until it is deleted, in gsi2 by the end of its first reservation as long as it has
 * one: whoever writes a cart writes where the sweeper finds it.
 */
export function cartItem(cart: Cart) {
  const until = cart.status === 'open' ? firstEnd(cart.lines) : undefined;
  return {
    ...cartKey(cart.id),
    ...cart,
    gsi1pk: openCarts(shardOf(cart.id, OPEN_CART_SHARDS)),
    gsi1sk: `${cart.expires_at}#${cart.id}`,
    ...(until === undefined ? {} : { gsi2pk: HOLDING_CARTS, gsi2sk: `${until}#${cart.id}` }),
  };
}

/**
 * Adds a sealed cart to a transaction.
 *
 * @param before as it was read, its version in the condition; undefined: it is new
 */
export function putCart(
  write: WriteTransaction,
  table: string,
  before: Cart | undefined,
  after: Cart,
  onConflict: OnConflict,
): void {
  write.put(table, cartItem(after), onConflict, unchangedSince(before));
}

/** Adds the removal of a cart to a transaction, if nobody changed it since it was read. */
export function deleteCart(write: WriteTransaction, table: string, before: Cart, onConflict: OnConflict): void {
  write.delete(table, cartKey(before.id), onConflict, unchangedSince(before));
}
