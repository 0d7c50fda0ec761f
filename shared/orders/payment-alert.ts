import type { Alert } from '#shared/alerts/alert.ts';
import type { Order } from './order.ts';

/**
 * What operators hear of an order whose payments have gone from the chain after they had covered it for good: what was ordered may be on
 * its way, or be there. One alert for each time that it happens, about the order. Amounts in base units.
 *
 * @param order as it is then
 * @param id `alr_…`
 */
export function paymentUndoneAlert({ id: orderId, status, payment, updated_at }: Order, id: string): Alert {
  const { chain_id, asset, address, amount_due, amount_paid } = payment;
  return {
    id,
    severity: 'CRITICAL',
    category: 'payment_anomaly',
    summary: `Payments that order ${orderId} was settled by have gone from the chain: it is ${status}`,
    details: { order_id: orderId, status, chain_id, asset, address, amount_due, amount_paid },
    dedupe_key: `order-payment-undone:${orderId}`,
    occurred_at: updated_at,
  };
}
