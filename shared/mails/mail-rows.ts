import { shardOf } from '#shared/platform/dynamo/shard-of.ts';
import { nextDueAt, type OrderMails } from './order-mails.ts';

/** Partitions of the index of orders about whose mails something is due. */
export const DUE_MAIL_SHARDS = 4;
/** How long it is kept what an order's customer was mailed of, after its last change. */
const KEPT_DAYS = 90;
const DAY_SECONDS = 86_400;

/** All mails of an order, in the table of whom to tell of what. */
export function orderMailsKey(orderId: string) {
  return { pk: `MAILS#${orderId}`, sk: 'MAILS' };
}

/** The partition of a shard of gsi1; its sort key is when something is due, and the order. */
export function dueMails(shard: number): string {
  return `MAILS_DUE#${shard}`;
}

/** Where an order stands among those of its shard. */
export function duePlace(dueAt: string, orderId: string): string {
  return `${dueAt}#${orderId}`;
}

/** The order that a place names. */
export function orderIdOf(place: string): string {
  return place.slice(place.indexOf('#') + 1);
}

/** The item of an order's mails: in gsi1 as long as one of them is open. */
export function orderMailsItem(file: OrderMails, nowMs: number) {
  const dueAt = nextDueAt(file);
  const { order_id } = file;
  return {
    ...orderMailsKey(order_id),
    ...file,
    ...(dueAt === undefined
      ? {}
      : { gsi1pk: dueMails(shardOf(order_id, DUE_MAIL_SHARDS)), gsi1sk: duePlace(dueAt, order_id) }),
    expires_at: Math.floor(nowMs / 1_000) + KEPT_DAYS * DAY_SECONDS,
  };
}
