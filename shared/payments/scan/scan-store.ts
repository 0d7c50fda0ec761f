import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { type Order, orderSchema, type Payment, paymentSchema } from '#shared/orders/order.ts';
import {
  blockPlace,
  orderKey,
  paymentAddressKey,
  paymentKey,
  readWatchedPlace,
  type WatchedPlace,
  watchedPayments,
} from '#shared/orders/order-keys.ts';
import { type DepositSweep, depositSweepKey, depositSweepSchema } from '#shared/payments/sweeps/deposit-sweep.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { batchGet } from '#shared/platform/dynamo/id-source.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { type Condition, NOT_EXISTS, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { type ScanCursor, scanCursorKey, scanCursorSchema } from './scan-cursor.ts';

/** A watched payment with its order. */
export interface OrderedPayment {
  readonly order: Order;
  readonly payment: Payment;
}

/** What the scanner reads and writes of the shop table, besides orders by their own use cases. */
export interface ScanStore {
  /** How far a chain was read; undefined: it never was. Strongly consistent. */
  cursor(chainId: number): Promise<ScanCursor | undefined>;
  /**
   * Stores how far a chain was read.
   *
   * @returns as it is stored now
   * @throws Raced when another pass stored one since
   */
  moveCursor(cursor: ScanCursor, at: string, deadline: Deadline): Promise<ScanCursor>;
  /**
   * Orders by the addresses that were given to them, strongly consistent; an address of nobody is absent.
   *
   * @param addresses lower case, each once
   */
  ordersAt(addresses: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Sweeps of the addresses of orders on a chain, strongly consistent, by order: coin that they sent there for gas is no payment. */
  sweepsOf(chainId: number, orderIds: readonly string[]): Promise<ReadonlyMap<string, DepositSweep>>;
  /** Where watched payments of a chain are from a height on, lowest first. An index: it may lag behind a write by milliseconds. */
  watchedFrom(chainId: number, blockNumber: number): Promise<readonly WatchedPlace[]>;
  /** Orders by id, strongly consistent, in no order; one that isn't there is absent. */
  ordersOf(ids: readonly string[]): Promise<readonly Order[]>;
  /** Payments with their orders, strongly consistent, in no order. */
  payments(places: readonly WatchedPlace[]): Promise<readonly OrderedPayment[]>;
}

const addressSchema = z.object({ pk: z.string(), order_id: z.string() });

/** Another pass was faster. */
const raced = ({ chain_id }: ScanCursor) => new Raced(`Chain ${chain_id} was read by another pass meanwhile`);

/**
 * The scanner's rows.
 *
 * @param table the shop table
 */
export function createScanStore(client: DynamoDBDocumentClient, table: string): ScanStore {
  return {
    async cursor(chainId) {
      const item = await readItem(client, table, scanCursorKey(chainId));
      return item === undefined ? undefined : scanCursorSchema.parse(item);
    },

    async moveCursor(cursor, at, deadline) {
      const after: ScanCursor = { ...cursor, updated_at: at, version: cursor.version + 1 };
      const unchanged: Condition = {
        expression: '#version = :before',
        names: { '#version': 'version' },
        values: { ':before': cursor.version },
      };
      const condition: Condition = { ...(cursor.version === 0 ? NOT_EXISTS : unchanged), showsExisting: false };
      await new WriteTransaction()
        .put(table, { ...scanCursorKey(cursor.chain_id), ...after }, () => raced(cursor), condition)
        .commit(client, deadline);
      return after;
    },

    async ordersAt(addresses) {
      const rows = await batchGet(client, table, addresses.map(paymentAddressKey));
      const found = rows.map((row) => addressSchema.parse(row));
      const byKey = new Map(found.map(({ pk, order_id }) => [pk, order_id]));
      return new Map(
        addresses.flatMap((address) => {
          const order = byKey.get(paymentAddressKey(address).pk);
          return order === undefined ? [] : [[address, order] as const];
        }),
      );
    },

    async sweepsOf(chainId, orderIds) {
      const keys = orderIds.map((order_id) => depositSweepKey({ order_id, chain_id: chainId }));
      const rows = (await batchGet(client, table, keys)).map((row) => depositSweepSchema.parse(row));
      return new Map(rows.map((sweep) => [sweep.order_id, sweep]));
    },

    async watchedFrom(chainId, blockNumber) {
      const places: WatchedPlace[] = [];
      let ExclusiveStartKey: Record<string, unknown> | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: table,
            IndexName: 'gsi2',
            KeyConditionExpression: '#pk = :pk AND #sk >= :from',
            ExpressionAttributeNames: { '#pk': 'gsi2pk', '#sk': 'gsi2sk' },
            ExpressionAttributeValues: { ':pk': watchedPayments(chainId), ':from': blockPlace(blockNumber) },
            ExclusiveStartKey,
          }),
        );
        for (const { gsi2sk } of page.Items ?? []) places.push(readWatchedPlace(String(gsi2sk)));
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey !== undefined);
      return places;
    },

    async ordersOf(ids) {
      return (await batchGet(client, table, ids.map(orderKey))).map((row) => orderSchema.parse(row));
    },

    async payments(places) {
      const orderIds = [...new Set(places.map(({ orderId }) => orderId))];
      const rows = await batchGet(client, table, [
        ...orderIds.map(orderKey),
        ...places.map(({ orderId, paymentId }) => paymentKey(orderId, paymentId)),
      ]);
      const orders = new Map(
        rows
          .filter(({ sk }) => sk === 'ORDER')
          .map((row) => orderSchema.parse(row))
          .map((order) => [order.id, order]),
      );
      return rows
        .filter(({ sk }) => sk !== 'ORDER')
        .map((row) => paymentSchema.parse(row))
        .flatMap((payment) => {
          const order = orders.get(payment.order_id);
          return order === undefined ? [] : [{ order, payment }];
        });
    },
  };
}
