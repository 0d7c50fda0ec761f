import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { onChainOrderPaymentSchema, orderSchema } from '#shared/orders/order.ts';
import { orderKey, paymentIdOf, paymentsToSweep } from '#shared/orders/order-keys.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import {
  type DepositSweep,
  type DepositSweepId,
  depositSweepKey,
  depositSweepSchema,
  openDepositSweeps,
} from './deposit-sweep.ts';

/** A confirmed payment of which no sweep has taken note. */
export interface MarkedPayment {
  readonly order_id: string;
  readonly payment_id: string;
}

/** What of an order a sweep needs: where its money came to, and whether more is waited for. */
export type SweptOrder = z.output<typeof sweptOrderSchema>;

/** Reads what is swept. Rows are strongly consistent; lists may lag behind a write by milliseconds. */
export interface DepositSweepStore {
  /** The sweep of an order's address on a chain; undefined: there has never been one. */
  get(of: DepositSweepId): Promise<DepositSweep | undefined>;
  /** An order, and of its customer nothing; undefined: there is none. */
  order(id: string): Promise<SweptOrder | undefined>;
  /** Payments that wait to be taken up, by order. */
  marked(chainId: number): Promise<readonly MarkedPayment[]>;
  /** Orders with an open sweep on a chain, by id. */
  open(chainId: number): Promise<readonly string[]>;
}

/** A place in the index: its sort key, and the row's own, which every index has. */
const placeSchema = z.object({ gsi3sk: z.string(), sk: z.string() });

type Place = z.output<typeof placeSchema>;

/** Only an order that is paid on a chain has an address that could be swept. */
const sweptOrderSchema = orderSchema.pick({ id: true, status: true }).extend({ payment: onChainOrderPaymentSchema });

/**
 * Sweeps in the shop table.
 *
 * @param table the shop table
 */
export function createDepositSweepStore(client: DynamoDBDocumentClient, table: string): DepositSweepStore {
  async function places(partition: string): Promise<readonly Place[]> {
    const found: Place[] = [];
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const page = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'gsi3',
          KeyConditionExpression: 'gsi3pk = :pk',
          ExpressionAttributeValues: { ':pk': partition },
          ExclusiveStartKey,
        }),
      );
      found.push(...(page.Items ?? []).map((item) => placeSchema.parse(item)));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    return found;
  }

  return {
    async get(of) {
      const item = await readItem(client, table, depositSweepKey(of));
      return item === undefined ? undefined : depositSweepSchema.parse(item);
    },
    async order(id) {
      const { Item } = await client.send(
        new GetCommand({
          TableName: table,
          Key: orderKey(id),
          ProjectionExpression: 'id, #status, payment',
          ExpressionAttributeNames: { '#status': 'status' },
          ConsistentRead: true,
        }),
      );
      return Item === undefined ? undefined : sweptOrderSchema.parse(Item);
    },
    async marked(chainId) {
      const marked = await places(paymentsToSweep(chainId));
      return marked.map(({ gsi3sk, sk }) => ({ order_id: gsi3sk, payment_id: paymentIdOf(sk) }));
    },
    async open(chainId) {
      return (await places(openDepositSweeps(chainId))).map(({ gsi3sk }) => gsi3sk);
    },
  };
}
