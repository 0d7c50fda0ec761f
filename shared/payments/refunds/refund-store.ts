import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Order, type Payment, paymentSchema } from '#shared/orders/order.ts';
import { paymentAddressKey } from '#shared/orders/order-keys.ts';
import { readOrderRows } from '#shared/orders/order-rows.ts';
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

/** An order with all that its refunds are judged by, at one moment. */
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
  /** As they were at one moment, strongly consistent; undefined: there is no such order. @throws WRITE_CONFLICT */
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
    const found = await readOrderRows(client, table, orderId);
    if (found === undefined) return undefined;
    const [claimed] = found.rowsUnder(refundAddressKey(orderId).sk);
    return {
      order: found.order,
      payments: found.rowsUnder(PAYMENTS).map((item) => paymentSchema.parse(item)),
      refunds: found.rowsUnder(refundKey(orderId, '').sk).map((item) => refundSchema.parse(item)),
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
