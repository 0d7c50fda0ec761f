import {
  acceptLateOrderRoute,
  cancelOrderRoute,
  completeOrderRoute,
  fulfilOrderRoute,
  getOrderHistoryRoute,
  listOrdersRoute,
} from '#shared/orders/routes.ts';
import { bindProcessorInvoiceRoute } from '#shared/payments/processors/routes.ts';

/** What operators do with orders: no keys, no KMS, no chain. */
export const routes = {
  listOrders: listOrdersRoute,
  getOrderHistory: getOrderHistoryRoute,
  fulfilOrder: fulfilOrderRoute,
  completeOrder: completeOrderRoute,
  cancelOrder: cancelOrderRoute,
  acceptLateOrder: acceptLateOrderRoute,
  bindProcessorInvoice: bindProcessorInvoiceRoute,
};
