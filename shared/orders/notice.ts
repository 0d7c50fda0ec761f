import * as z from 'zod';
import { shardOf } from '#shared/platform/dynamo/shard-of.ts';
import { NOTICE_SHARDS, noticeKey, waitingNotices } from './order-keys.ts';
import type { Audience, OrderEvent } from './transitions.ts';

/**
 * That somebody is to be told of an event of an order: written in the transaction that makes the event a fact, delivered by whoever reads
 * gsi3. It names the order and no more: what a customer's address is, is read from the order when it is delivered.
 */
export const noticeSchema = z.object({
  /** `evt_…`; the same however often it is delivered. */
  id: z.string(),
  order_id: z.string(),
  event: z.custom<OrderEvent>((value) => typeof value === 'string' && value.startsWith('order.')),
  audience: z.custom<Audience>((value) => value === 'customer' || value === 'merchant'),
  /** The version of the order that it tells of. */
  order_version: z.number().int(),
  /** ISO 8601, UTC. */
  created_at: z.string(),
});

/** That somebody is to be told of an event of an order. */
export type Notice = z.output<typeof noticeSchema>;

/** The item of a notice that nobody delivered yet. */
export function noticeItem(notice: Notice) {
  return {
    ...noticeKey(notice.audience, notice.id),
    ...notice,
    gsi3pk: waitingNotices(notice.audience, shardOf(notice.id, NOTICE_SHARDS)),
    gsi3sk: notice.id,
  };
}
