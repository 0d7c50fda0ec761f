import type { AuditPages } from '#shared/audit/audit-store.ts';
import { historyPage } from '#shared/audit/history-page.ts';
import { type AcceptLateDependencies, acceptLate } from '#shared/orders/accept-late.ts';
import { requestTransition } from '#shared/orders/change-order.ts';
import { customerOf } from '#shared/orders/customer.ts';
import { type OrderStore, orderNotFound } from '#shared/orders/order-store.ts';
import { toOrderView } from '#shared/orders/view.ts';
import { bindInvoice } from '#shared/payments/processors/bind-invoice.ts';
import { type BoundRoute, bind, bindIdempotent } from '#shared/platform/http/bound-route.ts';
import type { ListPager } from '#shared/platform/http/list-pager.ts';
import { routes } from './routes.ts';

/** What the orders API needs. */
export interface OrdersApiDependencies extends AcceptLateDependencies {
  readonly orders: OrderStore;
  readonly audit: AuditPages;
  readonly pager: ListPager;
  readonly readShopKey: () => Promise<string>;
}

/** Binds the orders API's routes. */
export function bindRoutes(deps: OrdersApiDependencies): readonly BoundRoute[] {
  const { orders, audit, pager } = deps;
  return [
    bind('listOrders', routes.listOrders, async ({ query: { limit, cursor, email, ...rest } }) => {
      const customer = email === undefined ? {} : { customer: customerOf(await deps.readShopKey(), email) };
      const filter = { ...rest, ...customer };
      return pager.page('orders', filter, cursor, async (before) => {
        const { rows, lastId } = await orders.list(filter, before, limit);
        return { rows: rows.map(toOrderView), lastId };
      });
    }),
    bind('getOrderHistory', routes.getOrderHistory, async ({ params: { id }, query: { limit, cursor } }) => {
      if ((await orders.findOrder(id)) === undefined) throw orderNotFound(id);
      return pager.page('order-history', { id }, cursor, (after) => historyPage(audit, id, after, limit));
    }),
    bindIdempotent('fulfilOrder', routes.fulfilOrder, ({ params }, context) =>
      requestTransition(deps, { orderId: params.id, to: 'fulfilled', cause: 'operator' }, context),
    ),
    bindIdempotent('completeOrder', routes.completeOrder, ({ params }, context) =>
      requestTransition(deps, { orderId: params.id, to: 'completed', cause: 'operator' }, context),
    ),
    bindIdempotent('cancelOrder', routes.cancelOrder, ({ params, body: { reason } }, context) =>
      requestTransition(deps, { orderId: params.id, to: 'cancelled', cause: 'operator', reason }, context),
    ),
    bindIdempotent('acceptLateOrder', routes.acceptLateOrder, ({ params, body }, context) =>
      acceptLate(deps, params.id, body.reason, context),
    ),
    bindIdempotent('bindProcessorInvoice', routes.bindProcessorInvoice, ({ params, body }, context) =>
      bindInvoice(deps, params.id, body, context),
    ),
  ];
}
