import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Allocation } from '#shared/catalog/stock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { rowsOfPartitions } from '#shared/platform/dynamo/rows-of-partitions.ts';
import { orderSchema } from './order.ts';
import { statusPartition } from './order-keys.ts';

/** The statuses in which an order keeps pieces reserved, in the direction in which orders go: one that moves on is met again, not missed. */
const RESERVING = ['awaiting_payment', 'confirming', 'paid'] as const;

const holderSchema = orderSchema.pick({ stock: true, lines: true });

/**
 * All pieces that open orders have reserved, page by page, by the shards that they were taken from. The orders are found by an index, which
 * may be late, and read as they are.
 *
 * @param table the shop table
 * @throws OutOfTime when not all could be read before the deadline
 */
export async function* heldByOrders(
  client: DynamoDBDocumentClient,
  table: string,
  deadline: Deadline,
): AsyncGenerator<readonly Allocation[], undefined> {
  for await (const rows of rowsOfPartitions(client, table, 'gsi2', RESERVING.map(statusPartition), deadline)) {
    yield rows
      .map((row) => holderSchema.parse(row))
      .filter(({ stock }) => stock === 'reserved')
      .flatMap(({ lines }) => lines.flatMap(({ allocations }) => allocations));
  }
}
