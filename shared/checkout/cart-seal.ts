import type { Cart } from './cart.ts';
import { macsEqual, shopMac } from './tokens.ts';

/** A cart before it is sealed. */
export type UnsealedCart = Omit<Cart, 'checksum'>;

/**
 * Puts the checksum on a cart: a MAC over every field of it, those of its lines and reservations included. Whoever can
 * write the row but hasn't the shop's secret can't make another.
 *
 * @param shopKey the shop's secret
 */
export function sealCart(shopKey: string, cart: UnsealedCart): Cart {
  return { ...cart, checksum: checksumOf(shopKey, cart) };
}

/** Whether a cart is as it was when Haven wrote it. Takes the same time whatever was changed. */
export function isSealed(shopKey: string, cart: Cart): boolean {
  return macsEqual(cart.checksum, checksumOf(shopKey, cart));
}

/** Fields are named one by one, so that a new field of carts is not forgotten: it has to be put here to compile. */
function checksumOf(shopKey: string, cart: UnsealedCart): string {
  const sealed: UnsealedCart = {
    id: cart.id,
    token_hash: cart.token_hash,
    status: cart.status,
    currency: cart.currency,
    lines: cart.lines,
    created_at: cart.created_at,
    updated_at: cart.updated_at,
    expires_at: cart.expires_at,
    order_id: cart.order_id,
    version: cart.version,
  };
  return shopMac(shopKey, 'cart-checksum', sealed);
}
