import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type IdSource, indexSources, type RowPage, readPage, rowLoader } from '#shared/platform/dynamo/id-source.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { idFloor } from '#shared/platform/ids.ts';
import { type Order, type OrderStatus, orderSchema, type Payment, paymentSchema } from './order.ts';
import {
  ALL_ORDERS,
  confirmingAtProcessors,
  dueOrders,
  orderKey,
  ordersOfCustomer,
  statusPartition,
} from './order-keys.ts';
import { readOrderRows } from './order-rows.ts';

/** Which orders a list shows. */
export interface OrderFilter {
  readonly status?: OrderStatus | undefined;
  /** With a line of this SKU. */
  readonly sku?: string | undefined;
  /** Of this customer: see `customerOf`. */
  readonly customer?: string | undefined;
  /** ISO 8601, UTC; included. */
  readonly created_from?: string | undefined;
  /** ISO 8601, UTC; not included. */
  readonly created_to?: string | undefined;
}

/** Reads orders. Rows are strongly consistent, lists may lag behind a write by milliseconds. */
export interface OrderStore {
  /** An order with all its payments, as they were at one moment, strongly consistent; undefined: there is none. @throws WRITE_CONFLICT */
  find(id: string): Promise<OrderWithPayments | undefined>;
  /** An order and none of its payments, of which anybody can make many; strongly consistent. For who judges nothing by them. */
  findOrder(id: string): Promise<OrderOnly | undefined>;
  /** Some payments of an order, in the order of their ids. */
  paymentPage(orderId: string, after: string | undefined, limit: number): Promise<RowPage<Payment>>;
  /** Newest first. By SKU, or a customer's by status, at most `8 × SEARCH` orders are looked at for a page, which may have few rows, or none, and go on. */
  list(filter: OrderFilter, before: string | undefined, limit: number): Promise<RowPage<Order>>;
  /**
   * Ids of orders that wait for money on a chain and whose deadline is before a time, the most overdue of a shard first.
   *
   * @param before ISO 8601, UTC
   * @param after `next` of the page before
   */
  due(
    chainId: number | 'processor',
    shard: number,
    before: string,
    after: string | undefined,
    limit: number,
  ): Promise<IdPage>;
  /**
   * Ids of orders that have waited for a processor's last word since before a time, and of which nobody was told; the longest first.
   *
   * @param before ISO 8601, UTC
   * @param after `next` of the page before
   */
  confirmingAtProcessors(shard: number, before: string, after: string | undefined, limit: number): Promise<IdPage>;
}

/** An order and what was paid for it. */
export interface OrderWithPayments {
  readonly order: Order;
  readonly payments: readonly Payment[];
}

/** An order, whatever was paid for it. */
export type OrderOnly = Pick<OrderWithPayments, 'order'>;

/** Ids of orders that somebody should look at. */
export interface IdPage {
  readonly ids: readonly string[];
  /** After what the next page begins; undefined: there is none. */
  readonly next: string | undefined;
}

const PAYMENT = 'PAYMENT#';

/** An id is made within the request that stores the order: its time and the order's are no further apart than that. */
const ID_SLACK_MS = 60_000;
/** Orders that a round looks at for what no index tells: one batch, since most of them don't have it. */
const SEARCH = { idsAtOnce: 100 };
/** Before any sort key of an index; a key can't be empty. */
const FIRST = '!';

/**
 * Orders in the shop table.
 *
 * @param table the shop table
 */
export function createOrderStore(client: DynamoDBDocumentClient, table: string): OrderStore {
  const load = rowLoader(client, table, orderKey, orderSchema);
  const index = indexSources(client, table);

  /** Ids are sortable by time, so that a time is a place between ids, give or take. */
  function sourceFor({ created_from, created_to, ...filter }: OrderFilter): IdSource {
    const source = listOf(filter);
    const from = created_from === undefined ? undefined : idFloor('ord', Date.parse(created_from) - ID_SLACK_MS);
    const to = created_to === undefined ? undefined : idFloor('ord', Date.parse(created_to) + ID_SLACK_MS);
    return async (before, limit) => {
      const ids = await source(earlier(before, to), limit);
      return from === undefined ? ids : ids.filter((id) => id >= from);
    };
  }

  /** The narrowest index: a customer has few orders, whatever their status. */
  function listOf({ status, customer }: OrderFilter): IdSource {
    if (customer !== undefined) return index('gsi4', ordersOfCustomer(customer));
    return status === undefined ? index('gsi1', ALL_ORDERS) : index('gsi2', statusPartition(status));
  }

  async function placesAfter(partition: string, after: string | undefined, limit: number) {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'gsi3',
        KeyConditionExpression: '#pk = :pk AND #sk > :after',
        ExpressionAttributeNames: { '#pk': 'gsi3pk', '#sk': 'gsi3sk' },
        ExpressionAttributeValues: { ':pk': partition, ':after': after ?? FIRST },
        Limit: limit,
      }),
    );
    const places = Items.map((item) => String(item.gsi3sk));
    return { places, next: places.length < limit ? undefined : places.at(-1) };
  }

  /** Of an index of which the sort key is a time and an id: those before a time. */
  async function idsBefore(partition: string, before: string, after: string | undefined, limit: number) {
    const { places, next } = await placesAfter(partition, after, limit);
    const due = places.filter((place) => place < before);
    return {
      ids: due.map((place) => place.slice(place.indexOf('#') + 1)),
      next: due.length < places.length ? undefined : next,
    };
  }

  return {
    async find(id) {
      const found = await readOrderRows(client, table, id);
      if (found === undefined) return undefined;
      return { order: found.order, payments: found.rowsUnder(PAYMENT).map((item) => paymentSchema.parse(item)) };
    },

    async findOrder(id) {
      const { pk, sk } = orderKey(id);
      // A Query, as of all others: who may read orders needs no other right.
      const { Items: [own] = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND sk = :sk',
          ExpressionAttributeValues: { ':pk': pk, ':sk': sk },
          ConsistentRead: true,
        }),
      );
      return own === undefined ? undefined : { order: orderSchema.parse(own) };
    },

    async paymentPage(orderId, after, limit) {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :after AND :end',
          // The id itself is shown already: behind it comes what is longer.
          ExpressionAttributeValues: {
            ':pk': orderKey(orderId).pk,
            ':after': `${PAYMENT}${after === undefined ? '' : `${after}!`}`,
            ':end': `${PAYMENT}~`,
          },
          ConsistentRead: true,
          Limit: limit + 1,
        }),
      );
      const rows = Items.map((item) => paymentSchema.parse(item));
      const shown = rows.slice(0, limit);
      return { rows: shown, lastId: rows.length > limit ? shown.at(-1)?.id : undefined };
    },

    list(filter, before, limit) {
      const { sku, status, customer } = filter;
      const isIndexed = sku === undefined && (status === undefined || customer === undefined);
      const search = isIndexed ? undefined : SEARCH;
      return readPage(sourceFor(filter), load, (order) => passes(order, filter), before, limit, search);
    },

    due: (chainId, shard, before, after, limit) => idsBefore(dueOrders(chainId, shard), before, after, limit),
    confirmingAtProcessors: (shard, before, after, limit) =>
      idsBefore(confirmingAtProcessors(shard), before, after, limit),
  };
}

/** The error for an order that isn't there, and for one whose token is not the one that was given. */
export function orderNotFound(id: string): HavenError {
  return new HavenError('ORDER_NOT_FOUND', `There is no order ${id}`);
}

function earlier(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a < b ? a : b;
}

function passes(order: Order, { status, sku, customer, created_from, created_to }: OrderFilter): boolean {
  return (
    (customer === undefined || order.customer === customer) &&
    (status === undefined || order.status === status) &&
    (sku === undefined || order.lines.some((line) => line.sku === sku)) &&
    (created_from === undefined || order.created_at >= created_from) &&
    (created_to === undefined || order.created_at < created_to)
  );
}
