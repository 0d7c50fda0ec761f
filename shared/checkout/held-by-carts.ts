import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Allocation } from '#shared/catalog/stock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { rowsOfPartitions } from '#shared/platform/dynamo/rows-of-partitions.ts';
import { cartSchema } from './cart.ts';
import { HOLDING_CARTS } from './cart-keys.ts';

const holderSchema = cartSchema.pick({ status: true, lines: true });

/**
 * All pieces that open carts have reserved, page by page, those included whose time is up and that nobody released yet. Found as those of
 * orders are.
 *
 * @param table the shop table
 * @throws OutOfTime when not all could be read before the deadline
 */
export async function* heldByCarts(
  client: DynamoDBDocumentClient,
  table: string,
  deadline: Deadline,
): AsyncGenerator<readonly Allocation[], undefined> {
  for await (const rows of rowsOfPartitions(client, table, 'gsi2', [HOLDING_CARTS], deadline)) {
    yield rows
      .map((row) => holderSchema.parse(row))
      .filter(({ status }) => status === 'open')
      .flatMap(({ lines }) => lines.flatMap(({ reservation }) => reservation?.allocations ?? []));
  }
}
