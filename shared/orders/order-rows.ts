import { type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import type { Condition, OnConflict } from '#shared/platform/dynamo/write-transaction.ts';
import type { RetryPolicy } from '#shared/platform/retry.ts';
import { type Order, orderSchema } from './order.ts';
import { orderKey } from './order-keys.ts';

/** A row beside an order, in its partition, that goes with a change of it: a payment, a refund. */
export interface OrderRow {
  readonly item: Readonly<Record<string, unknown>> & { readonly sk: string };
  /** What it means that the condition failed. */
  readonly onConflict: OnConflict;
  /** Under which it is written: that it is as it was read. */
  readonly condition: Condition;
}

/** An order with every row of its partition, as they were at one moment. */
export interface OrderWithRows {
  readonly order: Order;
  /** The rows below a sort key's beginning, in the order of their keys. */
  rowsUnder(prefix: string): readonly Record<string, unknown>[];
}

/** DynamoDB lets go of the items of a transaction within milliseconds of each other. */
const TORN_RETRY: RetryPolicy = { maxAttempts: 12, baseDelayMs: 5, maxDelayMs: 200 };
/** Longer than those attempts take. */
const READ_WITHIN_MS = 3_000;

/**
 * Reads an order with all rows beside it, strongly consistent and whole. A Query by itself is no snapshot: while a transaction is written it may
 * see the order as it is after it, and a payment or refund of the same transaction not yet
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation). Who judged that would refund
 * twice. So the order names the rows that were written with its version, each row the version that it was written with, and what does not fit
 * together is read again. Rows of earlier versions are whole, because whoever wrote this one had read them so.
 *
 * @returns undefined: there is no such order
 * @throws WRITE_CONFLICT when it is never seen whole
 */
export function readOrderRows(
  client: DynamoDBDocumentClient,
  table: string,
  id: string,
): Promise<OrderWithRows | undefined> {
  const { pk, sk } = orderKey(id);
  return untilUnraced(
    async () => {
      const pages = paginateQuery(
        { client },
        {
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': pk },
          ConsistentRead: true,
        },
      );
      const items: Record<string, unknown>[] = [];
      for await (const { Items = [] } of pages) items.push(...Items);
      const own = items.find((item) => item['sk'] === sk);
      if (own === undefined) return undefined;
      const order = orderSchema.parse(own);
      if (isTorn(order, items)) throw new Raced(`Order ${id} is being changed`);
      return {
        order,
        rowsUnder: (prefix) => items.filter((item) => typeof item['sk'] === 'string' && item['sk'].startsWith(prefix)),
      };
    },
    TORN_RETRY,
    Deadline.in(READ_WITHIN_MS, systemClock),
  );
}

/** Whether rows of an order's partition are from before or after the version of the order that was read with them. */
function isTorn({ version, rows_written = [] }: Order, items: readonly Record<string, unknown>[]): boolean {
  const versions = new Map(items.map((item) => [item['sk'], item['order_version']]));
  const isNewer = [...versions.values()].some((written) => typeof written === 'number' && written > version);
  return isNewer || rows_written.some((row) => versions.get(row) !== version);
}
