import type { Notice } from '#shared/orders/notice.ts';
import type { Order } from '#shared/orders/order.ts';
import { noticeKey, noticesTo } from '#shared/orders/order-keys.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import type { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import {
  TRANSACTION_NOTICES,
  type TransactionNotice,
  transactionNoticeKey,
} from '#shared/transactions/event-notice.ts';
import { orderEvent, transactionEvent, type WebhookEvent } from './event.ts';
import type { WebhookEventType } from './event-types.ts';

/** Something that integrators are to be told of. */
export interface WaitingNotice {
  readonly type: WebhookEventType;
  /** What they are told; its id is that of the notice. */
  event(): Promise<WebhookEvent>;
  /** Adds to the write that plans its last delivery that it waits no more; it raced when it is gone already. */
  remove(write: WriteTransaction): void;
}

/** Where notices to integrators wait. */
export interface NoticeSource {
  /** What is before a notice's id in its partition key. */
  readonly prefix: string;
  /** Ids of notices, the oldest first, so many of each shard. From an index, so one may be missing for a moment, or gone. */
  waiting(limitPerShard: number): Promise<readonly string[]>;
  /** Strongly consistent; undefined: there is none any more. */
  find(id: string): Promise<WaitingNotice | undefined>;
}

/** The notice is not there any more: another run was at it. */
class NoticeRaced extends Raced {}

/** Who takes notices away reads them by Get. */
const EXISTS = { expression: 'attribute_exists(pk)' } as const;
const gone = () => new NoticeRaced('The notice is gone');

/** Reads notices that nobody told yet. */
interface Notices<N> {
  /** Strongly consistent; undefined: it was told. */
  get(id: string): Promise<N | undefined>;
  /** See NoticeSource. */
  waiting(limitPerShard: number): Promise<readonly string[]>;
}

/** What notices of orders are read with. */
export interface OrderNotices {
  /** Of those to the merchant. */
  readonly notices: Notices<Notice>;
  readonly orders: { findOrder(id: string): Promise<{ readonly order: Order } | undefined> };
  /** The shop table. */
  readonly table: string;
}

/** Notices of orders to the merchant. They name the order, which is told as it is when the event is written down. */
export function orderNotices({ notices, orders, table }: OrderNotices): NoticeSource {
  async function eventOf({ id, event: type, order_id, created_at }: Notice): Promise<WebhookEvent> {
    const found = await orders.findOrder(order_id);
    // Orders are never removed, and a notice is stored with its order: a bug, that an alarm tells of.
    if (found === undefined) throw new Error(`There is no order ${order_id} to tell of`);
    return orderEvent({ id, type, created_at }, found.order);
  }

  return {
    prefix: noticesTo('merchant'),
    waiting: (limitPerShard) => notices.waiting(limitPerShard),
    async find(id) {
      const notice = await notices.get(id);
      if (notice === undefined) return undefined;
      return {
        type: notice.event,
        event: () => eventOf(notice),
        remove: (write) => write.delete(table, noticeKey('merchant', id), gone, EXISTS),
      };
    },
  };
}

/**
 * Notices of transactions. They say all that is told.
 *
 * @param table the ledger table
 */
export function transactionNotices(notices: Notices<TransactionNotice>, table: string): NoticeSource {
  return {
    prefix: TRANSACTION_NOTICES,
    waiting: (limitPerShard) => notices.waiting(limitPerShard),
    async find(id) {
      const notice = await notices.get(id);
      if (notice === undefined) return undefined;
      return {
        type: notice.event,
        event: async () => transactionEvent(notice),
        remove: (write) => write.delete(table, transactionNoticeKey(id), gone, EXISTS),
      };
    },
  };
}
