import * as z from 'zod';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { RequestContext } from '#shared/platform/http/bound-route.ts';
import { type Cart, cartSchema } from './cart.ts';
import { hasEnded } from './cart-expiry.ts';
import { isSealed } from './cart-seal.ts';
import { reportTampering, type TamperingDependencies } from './cart-tampering.ts';
import { isTokenOf } from './tokens.ts';

/** What opening a cart needs. */
export interface OpenCartDependencies extends TamperingDependencies {
  readonly readShopKey: () => Promise<string>;
}

const withHash = z.object({ token_hash: z.string() });

/**
 * Takes a cart's item for the cart that it is, for whoever shows its token: the one door to carts, for reads, changes and
 * checkouts alike. Whoever changes what it gives puts its version into the condition.
 *
 * @param item as it was read, strongly consistent; undefined: there was none
 * @returns the cart, as it was sealed. Reservations that are over are still in it: see `lapse`
 * @throws CART_NOT_FOUND when there is none, or the token is missing or another's; CART_TAMPERED, which is recorded as an
 *   alert; CART_EXPIRED
 */
export async function openCart(
  deps: OpenCartDependencies,
  id: string,
  item: Readonly<Record<string, unknown>> | undefined,
  context: Pick<RequestContext, 'capability' | 'deadline' | 'log'>,
): Promise<Cart> {
  const shopKey = await deps.readShopKey();
  const hash = withHash.safeParse(item).data?.token_hash;
  if (!isTokenOf(shopKey, 'cart-token', id, context.capability, hash)) {
    throw new HavenError('CART_NOT_FOUND', `There is no cart ${id} of this token`);
  }
  const { data: cart } = cartSchema.safeParse(item);
  if (cart === undefined || cart.id !== id || !isSealed(shopKey, cart)) throw await reportTampering(deps, id, context);
  if (hasEnded(cart, deps.clock())) {
    throw new HavenError('CART_EXPIRED', `Cart ${id} ended at ${cart.expires_at}`, {
      details: { expires_at: cart.expires_at },
    });
  }
  return cart;
}

/**
 * Refuses what is done to a cart that is an order already.
 *
 * @throws INVALID_TRANSITION naming the order
 */
export function requireOpen({ id, status, order_id: orderId }: Cart): void {
  if (status === 'open') return;
  throw new HavenError('INVALID_TRANSITION', `Cart ${id} was checked out`, { details: { order_id: orderId } });
}
