import type { RowPage } from '#shared/platform/dynamo/id-source.ts';
import type { PrincipalContext } from '#shared/platform/http/bound-route.ts';
import { type OpenOrderDependencies, openOrderOrRead } from './open-order.ts';
import type { Payment } from './order.ts';
import type { OrderStore } from './order-store.ts';
import { type OrderView, toOrderView } from './view.ts';

/**
 * Shows an order to its customer, or to who may read all.
 *
 * @throws ORDER_NOT_FOUND
 */
export async function showOrder(
  deps: OpenOrderDependencies,
  id: string,
  context: PrincipalContext,
): Promise<OrderView> {
  return toOrderView((await openOrderOrRead(deps, id, context)).order);
}

/**
 * Shows a page of an order's payments to its customer, or to who may read all.
 *
 * @param after where the page before ended
 * @throws ORDER_NOT_FOUND
 */
export async function showPayments(
  deps: Omit<OpenOrderDependencies, 'orders'> & { readonly orders: Pick<OrderStore, 'findOrder' | 'paymentPage'> },
  id: string,
  context: PrincipalContext,
  after: string | undefined,
  limit: number,
): Promise<RowPage<Payment>> {
  await openOrderOrRead(deps, id, context);
  return deps.orders.paymentPage(id, after, limit);
}
