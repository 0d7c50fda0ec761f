import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { HeldPieces } from '#shared/catalog/reconciling.ts';
import { heldByOrders } from '#shared/orders/held-by-orders.ts';
import { heldByCarts } from './held-by-carts.ts';

/**
 * All pieces that open carts and orders have reserved. Carts first: what a checkout takes over meanwhile is met in one of them at least.
 *
 * @param table the shop table; needs the right to query gsi2 and to BatchGetItem
 */
export function createHeldPieces(client: DynamoDBDocumentClient, table: string): HeldPieces {
  return async function* heldPieces(deadline) {
    yield* heldByCarts(client, table, deadline);
    yield* heldByOrders(client, table, deadline);
  };
}
