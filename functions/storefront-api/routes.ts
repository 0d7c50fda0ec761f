import { checkOutRoute } from '#shared/checkout/checkout-routes.ts';
import { createCartRoute, deleteCartLineRoute, getCartRoute, setCartLineRoute } from '#shared/checkout/routes.ts';

import {
  cancelOwnOrderRoute,
  checkPaymentRoute,
  getOrderRoute,
  listOrderPaymentsRoute,
} from '#shared/orders/routes.ts';
import { claimRefundAddressRoute } from '#shared/payments/refunds/routes.ts';

/** Routes that a storefront in a browser uses: no KMS, no keys, and of the shop what carts and their orders need. */
export const routes = {
  createCart: createCartRoute,
  getCart: getCartRoute,
  setCartLine: setCartLineRoute,
  deleteCartLine: deleteCartLineRoute,
  checkOut: checkOutRoute,
  getOrder: getOrderRoute,
  listOrderPayments: listOrderPaymentsRoute,
  checkPayment: checkPaymentRoute,
  cancelOwnOrder: cancelOwnOrderRoute,
  claimRefundAddress: claimRefundAddressRoute,
};
