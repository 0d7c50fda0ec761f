import { isTokenOf } from '#shared/checkout/tokens.ts';
import { hasScope } from '#shared/platform/auth/scopes.ts';
import type { PrincipalContext } from '#shared/platform/http/bound-route.ts';
import { type OrderStore, type OrderWithPayments, orderNotFound } from './order-store.ts';

/** What opening an order needs. */
export interface OpenOrderDependencies {
  readonly orders: Pick<OrderStore, 'find'>;
  readonly readShopKey: () => Promise<string>;
}

/**
 * Opens an order for whoever shows its token: the one door for customers. Missing, malformed, another order's token and no such order are
 * the same answer, in the same time.
 *
 * @throws ORDER_NOT_FOUND
 */
export async function openOrder(
  { orders, readShopKey }: OpenOrderDependencies,
  id: string,
  { capability }: Pick<PrincipalContext, 'capability'>,
): Promise<OrderWithPayments> {
  const [shopKey, found] = await Promise.all([readShopKey(), orders.find(id)]);
  if (!isTokenOf(shopKey, 'order-token', id, capability, found?.order.token_hash)) throw orderNotFound(id);
  // Without an order there is no token of it.
  if (found === undefined) throw orderNotFound(id);
  return found;
}

/**
 * Opens an order for who shows its token, or may read all orders.
 *
 * @throws ORDER_NOT_FOUND
 */
export async function openOrderOrRead(
  deps: OpenOrderDependencies,
  id: string,
  context: Pick<PrincipalContext, 'capability' | 'principal'>,
): Promise<OrderWithPayments> {
  if (!hasScope(context.principal.scopes, 'orders:read')) return openOrder(deps, id, context);
  const found = await deps.orders.find(id);
  if (found === undefined) throw orderNotFound(id);
  return found;
}
