import { isoTime } from '#shared/platform/clock.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { NewId } from '#shared/platform/ids.ts';
import { cartEnd } from './cart-expiry.ts';
import { putCart } from './cart-rows.ts';
import { sealCart } from './cart-seal.ts';
import { type CartView, toCartView } from './cart-view.ts';
import type { OpenCartDependencies } from './open-cart.ts';
import { newToken, tokenHash } from './tokens.ts';

/** What making a cart needs. */
export interface CreateCartDependencies extends OpenCartDependencies {
  readonly idempotency: IdempotencyStore;
  readonly newId: NewId;
  /** The currency in which the total of an empty cart is zero. */
  readonly emptyCurrency: string;
}

/** A new cart with its token, which is shown this once: a replayed answer has `token: null`. */
export type NewCart = CartView & { readonly token: string | null };

/**
 * Makes a cart, with its answer in the same transaction. The answer that is kept has no token: a secret isn't stored.
 *
 * @throws WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay when the request was answered before
 */
export async function createCart(deps: CreateCartDependencies, context: IdempotentContext): Promise<NewCart> {
  const shopKey = await deps.readShopKey();
  const nowMs = deps.clock();
  const id = deps.newId('crt');
  const token = newToken();
  const at = isoTime(nowMs);
  const cart = sealCart(shopKey, {
    id,
    token_hash: tokenHash(shopKey, 'cart-token', id, token),
    status: 'open',
    currency: null,
    lines: [],
    created_at: at,
    updated_at: at,
    expires_at: cartEnd(at, nowMs),
    order_id: null,
    version: 1,
  });
  const view = toCartView(cart, nowMs, deps.emptyCurrency);
  const write = new WriteTransaction();
  const stored: NewCart = { ...view, token: null };
  deps.idempotency.record(write, context.idempotency, { status: 201, body: stored });
  putCart(
    write,
    deps.tables.shop,
    undefined,
    cart,
    () => new HavenError('WRITE_CONFLICT', 'That cart is there already'),
  );
  await write.commit(deps.client, context.deadline);
  deps.metrics.count('CartCreated');
  context.log.write('CART_CREATED', { cart_id: id });
  return { ...view, token };
}
