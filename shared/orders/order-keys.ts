import type { Audience } from './transitions.ts';

/** Keys of orders in the shop table. docs/data-model.md lists the access patterns they serve. */

/** An order. Its payments are in the same partition, `PAYMENT#<identity>`. */
export function orderKey(orderId: string) {
  return { pk: `ORDER#${orderId}`, sk: 'ORDER' };
}

/** A payment of an order. */
export function paymentKey(orderId: string, paymentId: string) {
  return { pk: `ORDER#${orderId}`, sk: `${PAYMENT}${paymentId}` };
}

/** The payment that the sort key of its row names. */
export function paymentIdOf(sk: string): string {
  return sk.slice(PAYMENT.length);
}

/** What the sort keys of payments begin with. */
const PAYMENT = 'PAYMENT#';

/** The partition of gsi1 that lists the payments of a month, by the times of their blocks: `2026-11`. */
export function paymentsOfMonth(month: string): string {
  return `PAYMENTS#${month}`;
}

/** The partition of gsi2 that lists payments of a chain whose blocks are still looked at; its sort key is `watchedPlace`. */
export function watchedPayments(chainId: number): string {
  return `WATCHED_PAYMENTS#${chainId}`;
}

/** The partition of gsi3 that lists confirmed payments on a chain of which no sweep has taken note; its sort key is the order's id. */
export function paymentsToSweep(chainId: number): string {
  return `TO_SWEEP#${chainId}`;
}

/** Digits of a height in sort keys: more than any chain has reached, so that heights sort as numbers. */
const HEIGHT_DIGITS = 12;

/** A block's place among others in a sort key. */
export function blockPlace(blockNumber: number): string {
  return String(blockNumber).padStart(HEIGHT_DIGITS, '0');
}

/** Where a watched payment stands among those of its chain: by height. Whoever looks for what is to be done reads keys only. */
export interface WatchedPlace {
  readonly blockNumber: number;
  readonly orderId: string;
  readonly paymentId: string;
  readonly status: string;
}

/** The sort key of a watched payment. */
export function watchedPlace({ blockNumber, orderId, paymentId, status }: WatchedPlace): string {
  return `${blockPlace(blockNumber)}#${orderId}#${paymentId}#${status}`;
}

/** Reads the sort key of a watched payment. */
export function readWatchedPlace(place: string): WatchedPlace {
  const [height = '', orderId = '', paymentId = '', status = ''] = place.split('#');
  return { blockNumber: Number(height), orderId, paymentId, status };
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

/** The partition of gsi4 that lists the orders of one customer; its sort key is the order's id. */
export function ordersOfCustomer(customer: string): string {
  return `CUSTOMER_ORDERS#${customer}`;
}

/** Partitions of the index of orders that wait for money on a chain, by their deadline. */
export const DUE_ORDER_SHARDS = 4;

/**
 * The partition of a shard of gsi3; its sort key is `<expires_at>#<id>`. An order is due when its own chain was read beyond its deadline; one that
 * waits for a processor's word, a grace after it.
 */
export function dueOrders(chainId: number | 'processor', shard: number): string {
  return `DUE_ORDERS#${chainId}#${shard}`;
}

/**
 * The partition of a shard of gsi3 that lists orders that wait for a processor to say that their money is final, and of which nobody was told
 * that they wait for too long; its sort key is `<since when>#<id>`. Orders that are paid on a chain wait for blocks, and the chain says so.
 */
export function confirmingAtProcessors(shard: number): string {
  return `CONFIRMING_AT_PROCESSORS#${shard}`;
}

/** Of notices to an audience, each before its id: who tells one audience needs no right to what the other is to be told. */
export function noticesTo(audience: Audience): string {
  return `NOTICE#${audience}#`;
}

/** A notice to a customer or merchant that waits to be delivered, in gsi3 as long as nobody did. */
export function noticeKey(audience: Audience, noticeId: string) {
  return { pk: `${noticesTo(audience)}${noticeId}`, sk: 'NOTICE' };
}

/** Partitions of the index of notices to one audience that nobody delivered yet. */
export const NOTICE_SHARDS = 4;

/**
 * The partition of a shard of waiting notices to one audience in gsi3; its sort key is the notice's id, so the oldest come first. Each audience
 * is told by a function of its own, and neither reads past what waits for the other.
 */
export function waitingNotices(audience: Audience, shard: number): string {
  return `WAITING_NOTICES#${audience}#${shard}`;
}
