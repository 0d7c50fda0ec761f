/** Keys of carts in the shop table. docs/data-model.md lists the access patterns they serve. */

/** A cart with its lines. */
export function cartKey(cartId: string) {
  return { pk: `CART#${cartId}`, sk: 'CART' };
}

/** Partitions of the index of open carts by when they end; one would take 1,000 writes a second. */
export const OPEN_CART_SHARDS = 4;

/** The partition of a shard of open carts in gsi1; its sort key is `<expires_at>#<id>`. */
export function openCarts(shard: number): string {
  return `OPEN_CARTS#${shard}`;
}

/** The partition of gsi2 that lists carts with reserved lines, by when the first of these ends: `<until>#<id>`. */
export const HOLDING_CARTS = 'HOLDING_CARTS';
