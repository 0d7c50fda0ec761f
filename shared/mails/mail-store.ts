import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert } from '#shared/alerts/record-alert.ts';
import { type Notice, noticeSchema } from '#shared/orders/notice.ts';
import { NOTICE_SHARDS, noticeKey, waitingNotices } from '#shared/orders/order-keys.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { type Condition, NOT_EXISTS, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { DUE_MAIL_SHARDS, dueMails, duePlace, orderIdOf, orderMailsItem, orderMailsKey } from './mail-rows.ts';
import { type OrderMails, orderMailsSchema } from './order-mails.ts';

/** What one write changes of an order's mails. */
export interface MailsChange {
  /** As they were read; undefined: there were none. */
  readonly before: OrderMails | undefined;
  /** Undefined: they stay as they are. */
  readonly after: OrderMails | undefined;
  /** Notices that are mails from now on, or ended. */
  readonly takenUp?: readonly Notice[];
  /** What operators are to hear with it. */
  readonly alerts?: readonly Alert[];
}

/** Keeps what customers were mailed of, and what they are to be. */
export interface MailStore {
  /** Ids of notices to customers that nobody took up, the oldest of each shard first. From an index, so some may be gone. */
  waiting(limitPerShard: number): Promise<readonly string[]>;
  /** Ids of orders about whose mails something is to be done by that time, the longest due of each shard first. From an index. */
  due(nowMs: number, limitPerShard: number): Promise<readonly string[]>;
  /** A notice that nobody took up, strongly consistent; undefined when somebody did. */
  notice(id: string): Promise<Notice | undefined>;
  /** The mails of an order, strongly consistent; undefined when it has none. */
  load(orderId: string): Promise<OrderMails | undefined>;
  /**
   * Stores a change, provided that nobody changed the order's mails since they were read, nor took up one of the notices.
   *
   * @throws Raced, DATABASE_ERROR, WRITE_CONFLICT
   */
  save(change: MailsChange, nowMs: number, deadline: Deadline): Promise<void>;
}

const noticePlaceSchema = z.object({ gsi3sk: z.string() });
const duePlaceSchema = z.object({ gsi1sk: z.string() });

/** The tables that mails are kept in. */
export interface MailTables {
  readonly shop: string;
  readonly notify: string;
  readonly logs: string;
}

/**
 * What customers were mailed of: notices in the shop table become mails in the table of whom to tell of what. It needs, of notices, Query on
 * their shards of gsi3, GetItem and DeleteItem; of mails, Query on their shards of gsi1, GetItem and PutItem; and to put alerts.
 */
export function createMailStore(client: DynamoDBDocumentClient, tables: MailTables): MailStore {
  return {
    async waiting(limitPerShard) {
      return inShards(NOTICE_SHARDS, async (shard) => {
        const { Items = [] } = await client.send(
          new QueryCommand({
            TableName: tables.shop,
            IndexName: 'gsi3',
            KeyConditionExpression: 'gsi3pk = :pk',
            ExpressionAttributeValues: { ':pk': waitingNotices('customer', shard) },
            Limit: limitPerShard,
          }),
        );
        return Items.map((item) => noticePlaceSchema.parse(item).gsi3sk);
      });
    },

    async due(nowMs, limitPerShard) {
      return inShards(DUE_MAIL_SHARDS, async (shard) => {
        const { Items = [] } = await client.send(
          new QueryCommand({
            TableName: tables.notify,
            IndexName: 'gsi1',
            KeyConditionExpression: 'gsi1pk = :pk AND gsi1sk <= :due',
            ExpressionAttributeValues: {
              ':pk': dueMails(shard),
              // Behind every order of that millisecond.
              ':due': duePlace(new Date(nowMs).toISOString(), '~'),
            },
            Limit: limitPerShard,
          }),
        );
        return Items.map((item) => orderIdOf(duePlaceSchema.parse(item).gsi1sk));
      });
    },

    async notice(id) {
      const item = await readItem(client, tables.shop, noticeKey('customer', id));
      return item === undefined ? undefined : noticeSchema.parse(item);
    },

    async load(orderId) {
      const item = await readItem(client, tables.notify, orderMailsKey(orderId));
      return item === undefined ? undefined : orderMailsSchema.parse(item);
    },

    async save({ before, after, takenUp = [], alerts = [] }, nowMs, deadline) {
      const write = new WriteTransaction();
      for (const { id } of takenUp) {
        write.delete(
          tables.shop,
          noticeKey('customer', id),
          () => new Raced(`Notice ${id} was taken up meanwhile`),
          EXISTS,
        );
      }
      if (after !== undefined) {
        const raced = () => new Raced(`The mails of order ${after.order_id} were changed meanwhile`);
        write.put(tables.notify, orderMailsItem(after, nowMs), raced, unchanged(before));
      }
      for (const alert of alerts) recordAlert(write, tables, alert);
      await write.commit(client, deadline);
    },
  };
}

const EXISTS: Condition = { expression: 'attribute_exists(pk)', showsExisting: false };

function unchanged(before: OrderMails | undefined): Condition {
  if (before === undefined) return { ...NOT_EXISTS, showsExisting: false };
  return {
    expression: '#version = :before',
    names: { '#version': 'version' },
    values: { ':before': before.version },
    showsExisting: false,
  };
}

async function inShards(
  shards: number,
  idsOf: (shard: number) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  return (await Promise.all(Array.from({ length: shards }, (_, shard) => idsOf(shard)))).flat();
}
