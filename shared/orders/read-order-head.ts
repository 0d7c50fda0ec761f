import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { type AuditHead, auditHeadSchema } from '#shared/audit/audit-entry.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { orderKey } from './order-keys.ts';

/**
 * Where the stream of an order ends, strongly consistent; of the order nothing else is read, not its customer's address.
 *
 * @param table the shop table
 * @throws ORDER_NOT_FOUND
 */
export async function readOrderHead(client: DynamoDBDocumentClient, table: string, id: string): Promise<AuditHead> {
  const { Item } = await client.send(
    new GetCommand({
      TableName: table,
      Key: orderKey(id),
      ProjectionExpression: 'audit_seq, audit_hash',
      ConsistentRead: true,
    }),
  );
  if (Item === undefined) throw new HavenError('ORDER_NOT_FOUND', `There is no order ${id}`);
  return auditHeadSchema.parse(Item);
}
