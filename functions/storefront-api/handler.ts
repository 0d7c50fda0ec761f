import { type ChangeCartDependencies, deleteCartLine, setCartLine, showCart } from '#shared/checkout/change-cart.ts';
import { type CheckoutDependencies, checkOut } from '#shared/checkout/check-out.ts';
import { type CreateCartDependencies, createCart } from '#shared/checkout/create-cart.ts';
import { type RequestDependencies, requestTransition } from '#shared/orders/change-order.ts';
import { openOrder } from '#shared/orders/open-order.ts';
import type { OrderStore } from '#shared/orders/order-store.ts';
import { showOrder, showPayments } from '#shared/orders/show-order.ts';
import { type ClaimAddressDependencies, claimRefundAddress } from '#shared/payments/refunds/claim-address.ts';
import { type CheckPaymentDependencies, checkPayment } from '#shared/payments/scan/check-payment.ts';
import { type BoundRoute, bind, bindIdempotent } from '#shared/platform/http/bound-route.ts';
import type { ListPager } from '#shared/platform/http/list-pager.ts';
import { routes } from './routes.ts';

/** What the storefront API needs. */
export interface StorefrontDependencies extends CreateCartDependencies, ChangeCartDependencies {}

/** What it needs besides for what carts become. */
export interface CustomerOrderDependencies
  extends CheckoutDependencies,
    RequestDependencies,
    CheckPaymentDependencies,
    Pick<ClaimAddressDependencies, 'refunds'> {
  readonly tables: CheckoutDependencies['tables'];
  readonly orders: OrderStore;
  readonly pager: ListPager;
}

/** Binds the storefront API's routes. */
export function bindRoutes(deps: StorefrontDependencies & CustomerOrderDependencies): readonly BoundRoute[] {
  return [...bindCartRoutes(deps), ...bindOrderRoutes(deps)];
}

/** Binds the routes of carts. */
export function bindCartRoutes(deps: StorefrontDependencies): readonly BoundRoute[] {
  return [
    bindIdempotent('createCart', routes.createCart, (_input, context) => createCart(deps, context)),
    bind('getCart', routes.getCart, ({ params }, context) => showCart(deps, params.id, context)),
    bind('setCartLine', routes.setCartLine, ({ params, body: { quantity, reserve } }, context) =>
      setCartLine(deps, params.id, params.sku, { quantity, reserve }, context),
    ),
    bind('deleteCartLine', routes.deleteCartLine, ({ params }, context) =>
      deleteCartLine(deps, params.id, params.sku, context),
    ),
  ];
}

/** Binds the routes of what carts become. */
function bindOrderRoutes(deps: CustomerOrderDependencies): readonly BoundRoute[] {
  return [
    bindIdempotent('checkOut', routes.checkOut, ({ params, body }, context) =>
      checkOut(deps, params.id, body, context),
    ),
    bind('getOrder', routes.getOrder, ({ params }, context) => showOrder(deps, params.id, context)),
    bind('listOrderPayments', routes.listOrderPayments, ({ params: { id }, query: { limit, cursor } }, context) =>
      deps.pager.page('order-payments', { id }, cursor, (after) => showPayments(deps, id, context, after, limit)),
    ),
    bind('checkPayment', routes.checkPayment, ({ params }, context) => checkPayment(deps, params.id, context)),
    bindIdempotent('cancelOwnOrder', routes.cancelOwnOrder, ({ params: { id } }, context) =>
      requestTransition(deps, { orderId: id, to: 'cancelled', cause: 'customer' }, context, {
        open: () => openOrder(deps, id, context, (wanted) => deps.orders.find(wanted)),
      }),
    ),
    bindIdempotent('claimRefundAddress', routes.claimRefundAddress, ({ params, body }, context) =>
      claimRefundAddress(deps, params.id, body.address, context),
    ),
  ];
}
