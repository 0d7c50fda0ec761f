import { isTokenOf } from '#shared/checkout/tokens.ts';
import { hasScope } from '#shared/platform/auth/scopes.ts';
import type { PrincipalContext } from '#shared/platform/http/bound-route.ts';
import { type OrderOnly, type OrderStore, orderNotFound } from './order-store.ts';

/** What opening an order needs. */
export interface OpenOrderDependencies {
  readonly orders: Pick<OrderStore, 'findOrder'>;
  readonly readShopKey: () => Promise<string>;
}

/**
 * Opens an order for whoever shows its token: the one door for customers. Missing, malformed, another order's token and no such order are
 * the same answer, in the same time.
 *
 * @param find reads the order, with its payments or without
 * @throws ORDER_NOT_FOUND
 */
export async function openOrder<Found extends OrderOnly>(
  { readShopKey }: Pick<OpenOrderDependencies, 'readShopKey'>,
  id: string,
  { capability }: Pick<PrincipalContext, 'capability'>,
  find: (id: string) => Promise<Found | undefined>,
): Promise<Found> {
  const [shopKey, found] = await Promise.all([readShopKey(), find(id)]);
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
  { orders, readShopKey }: OpenOrderDependencies,
  id: string,
  context: Pick<PrincipalContext, 'capability' | 'principal'>,
): Promise<OrderOnly> {
  const find = (wanted: string) => orders.findOrder(wanted);
  if (!hasScope(context.principal.scopes, 'orders:read')) return openOrder({ readShopKey }, id, context, find);
  const found = await find(id);
  if (found === undefined) throw orderNotFound(id);
  return found;
}
