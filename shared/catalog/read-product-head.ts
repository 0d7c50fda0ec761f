import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { type AuditHead, auditHeadSchema } from '#shared/audit/audit-entry.ts';
import { productKey } from './catalog-keys.ts';
import { productNotFound } from './require-stocked.ts';

/**
 * Where the stream of a product and its stock ends, strongly consistent; of the product nothing else is read.
 *
 * @param table the shop table
 * @throws PRODUCT_NOT_FOUND
 */
export async function readProductHead(client: DynamoDBDocumentClient, table: string, sku: string): Promise<AuditHead> {
  const { Item } = await client.send(
    new GetCommand({
      TableName: table,
      Key: productKey(sku),
      ProjectionExpression: 'audit_seq, audit_hash',
      ConsistentRead: true,
    }),
  );
  if (Item === undefined) throw productNotFound(sku);
  return auditHeadSchema.parse(Item);
}
