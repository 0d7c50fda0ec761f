import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Allocation } from '#shared/catalog/stock.ts';
import { rowsOfPartitions } from '#shared/platform/dynamo/rows-of-partitions.ts';
import { orderSchema } from './order.ts';
import { statusPartition } from './order-keys.ts';

/** The statuses in which an order keeps pieces reserved, in the direction in which orders go: one that moves on is met again, not missed. */
const RESERVING = ['awaiting_payment', 'confirming', 'paid'] as const;

const holderSchema = orderSchema.pick({ stock: true, lines: true });

/**
 * All pieces that open orders have reserved, by the shards that they were taken from. The orders are found by an index, which may be late,
 * and read as they are.
 *
 * @param table the shop table
 */
export async function heldByOrders(client: DynamoDBDocumentClient, table: string): Promise<readonly Allocation[]> {
  const rows = await rowsOfPartitions(client, table, 'gsi2', RESERVING.map(statusPartition));
  return rows
    .map((row) => holderSchema.parse(row))
    .filter(({ stock }) => stock === 'reserved')
    .flatMap(({ lines }) => lines.flatMap(({ allocations }) => allocations));
}
