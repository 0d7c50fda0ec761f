import type { AuditEntry } from '#shared/audit/audit-entry.ts';
import type { AuditPages } from '#shared/audit/audit-store.ts';
import { entryIn } from '#shared/audit/stored-entry.ts';
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
  deps: Omit<OpenOrderDependencies, 'orders'> & { readonly orders: Pick<OrderStore, 'find' | 'paymentPage'> },
  id: string,
  context: PrincipalContext,
  after: string | undefined,
  limit: number,
): Promise<RowPage<Payment>> {
  await openOrderOrRead(deps, id, context);
  return deps.orders.paymentPage(id, after, limit);
}

/**
 * A page of an order's history, oldest first.
 *
 * @param after the number of the last entry that was given out
 */
export async function orderHistory(
  audit: AuditPages,
  id: string,
  after: string | undefined,
  limit: number,
): Promise<RowPage<AuditEntry>> {
  const { entries, lastSeq } = await audit.page(id, after === undefined ? 0 : Number(after));
  // What is no entry of Haven's is for the verification to find.
  const found = entries.flatMap((item) => entryIn(item) ?? []);
  const rows = found.slice(0, limit);
  const hasMore = found.length > rows.length || lastSeq !== undefined;
  return { rows, lastId: hasMore ? rows.at(-1)?.seq.toString() : undefined };
}
