import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type Order, orderSchema } from '#shared/orders/order.ts';
import { orderKey, paymentsToSweep } from '#shared/orders/order-keys.ts';
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
export type SweptOrder = Pick<Order, 'id' | 'status' | 'payment'>;

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

const sweptOrderSchema = orderSchema.pick({ id: true, status: true, payment: true });

/**
 * Sweeps in the shop table.
 *
 * @param table the shop table
 */
export function createDepositSweepStore(client: DynamoDBDocumentClient, table: string): DepositSweepStore {
  async function places(partition: string): Promise<readonly string[]> {
    const found: string[] = [];
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
      for (const { gsi3sk } of page.Items ?? []) found.push(String(gsi3sk));
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
      return (await places(paymentsToSweep(chainId))).map((place) => {
        const at = place.indexOf('#');
        return { order_id: place.slice(0, at), payment_id: place.slice(at + 1) };
      });
    },
    open: (chainId) => places(openDepositSweeps(chainId)),
  };
}
