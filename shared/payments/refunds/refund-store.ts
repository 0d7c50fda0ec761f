import { type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { type Order, orderSchema, type Payment, paymentSchema } from '#shared/orders/order.ts';
import { orderKey, paymentAddressKey } from '#shared/orders/order-keys.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import {
  type Refund,
  type RefundAddress,
  refundAddressKey,
  refundAddressSchema,
  refundKey,
  refundSchema,
} from './refund.ts';

/** An order with all that its refunds are judged by, as one read saw it. */
export interface OrderWithRefunds {
  readonly order: Order;
  readonly payments: readonly Payment[];
  /** The oldest first. */
  readonly refunds: readonly Refund[];
  /** Where the customer wants the money; undefined: not said. */
  readonly claimed: RefundAddress | undefined;
}

/** Reads what refunds are judged by. */
export interface RefundStore {
  /** In one read, strongly consistent; undefined: there is no such order. */
  find(orderId: string): Promise<OrderWithRefunds | undefined>;
  /** The same. @throws ORDER_NOT_FOUND */
  read(orderId: string): Promise<OrderWithRefunds>;
  /** Whether an address was ever given to an order to be paid to. */
  isDepositAddress(address: string): Promise<boolean>;
}

const PAYMENTS = 'PAYMENT#';

/**
 * Orders with their refunds in the shop table.
 *
 * @param table the shop table
 */
export function createRefundStore(client: DynamoDBDocumentClient, table: string): RefundStore {
  async function find(orderId: string): Promise<OrderWithRefunds | undefined> {
    const pages = paginateQuery(
      { client },
      {
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': orderKey(orderId).pk },
        ConsistentRead: true,
      },
    );
    const items: Record<string, unknown>[] = [];
    for await (const { Items = [] } of pages) items.push(...Items);
    const one = (sk: string) => items.find((item) => item['sk'] === sk);
    const under = (prefix: string) => items.filter(({ sk }) => typeof sk === 'string' && sk.startsWith(prefix));
    const order = one(orderKey(orderId).sk);
    if (order === undefined) return undefined;
    const claimed = one(refundAddressKey(orderId).sk);
    return {
      order: orderSchema.parse(order),
      payments: under(PAYMENTS).map((item) => paymentSchema.parse(item)),
      refunds: under(refundKey(orderId, '').sk).map((item) => refundSchema.parse(item)),
      claimed: claimed === undefined ? undefined : refundAddressSchema.parse(claimed),
    };
  }

  return {
    find,

    async read(orderId) {
      const found = await find(orderId);
      if (found === undefined) throw new HavenError('ORDER_NOT_FOUND', `There is no order ${orderId}`);
      return found;
    },

    async isDepositAddress(address) {
      return (await readItem(client, table, paymentAddressKey(address))) !== undefined;
    },
  };
}
