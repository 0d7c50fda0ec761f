/** Keys of orders in the shop table. docs/data-model.md lists the access patterns they serve. */

/** An order. Its payments are in the same partition, `PAYMENT#<identity>`. */
export function orderKey(orderId: string) {
  return { pk: `ORDER#${orderId}`, sk: 'ORDER' };
}

/** A payment of an order. */
export function paymentKey(orderId: string, paymentId: string) {
  return { pk: `ORDER#${orderId}`, sk: `PAYMENT#${paymentId}` };
}

/** The partition of gsi1 that lists the payments of a month, by the times of their blocks: `2026-11`. */
export function paymentsOfMonth(month: string): string {
  return `PAYMENTS#${month}`;
}

/** The partition of gsi2 that lists payments of a chain whose blocks are still looked at, by height. */
export function watchedPayments(chainId: number): string {
  return `WATCHED_PAYMENTS#${chainId}`;
}

/** Digits of a height in sort keys: more than any chain has reached, so that heights sort as numbers. */
const HEIGHT_DIGITS = 12;

/** A block's place among others in a sort key. */
export function blockPlace(blockNumber: number): string {
  return String(blockNumber).padStart(HEIGHT_DIGITS, '0');
}

/** Which order an address was given to: if absent, and for ever. Lower case. */
export function paymentAddressKey(address: string) {
  return { pk: `PAYMENT_ADDRESS#${address.toLowerCase()}`, sk: 'PAYMENT_ADDRESS' };
}

/** The partition of gsi1 that lists all orders. */
export const ALL_ORDERS = 'ORDERS';

/** The partition of gsi2 that lists orders of one status. */
export function statusPartition(status: string): string {
  return `ORDERS#${status}`;
}

/** Partitions of the index of orders that wait for money, by their deadline. */
export const DUE_ORDER_SHARDS = 4;

/** The partition of a shard of gsi3; its sort key is `<expires_at>#<id>`. */
export function dueOrders(shard: number): string {
  return `DUE_ORDERS#${shard}`;
}

/** A notice to a customer or merchant that waits to be delivered, in gsi3 as long as nobody did. */
export function noticeKey(noticeId: string) {
  return { pk: `NOTICE#${noticeId}`, sk: 'NOTICE' };
}

/** Partitions of the index of notices that nobody delivered yet. */
export const NOTICE_SHARDS = 4;

/** The partition of a shard of waiting notices in gsi3; its sort key is the notice's id, so the oldest come first. */
export function waitingNotices(shard: number): string {
  return `NOTICES#${shard}`;
}
