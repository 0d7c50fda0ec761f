import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { type AuditHead, auditHeadSchema } from '#shared/audit/audit-entry.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { endpointKey } from './keys.ts';

/**
 * Where the stream of an endpoint ends, strongly consistent, also of one that was deleted; nothing else of it is read, not its secrets.
 *
 * @param table the notify table
 * @throws WEBHOOK_ENDPOINT_NOT_FOUND
 */
export async function readEndpointHead(client: DynamoDBDocumentClient, table: string, id: string): Promise<AuditHead> {
  const { Item } = await client.send(
    new GetCommand({
      TableName: table,
      Key: endpointKey(id),
      ProjectionExpression: 'audit_seq, audit_hash',
      ConsistentRead: true,
    }),
  );
  if (Item === undefined) throw new HavenError('WEBHOOK_ENDPOINT_NOT_FOUND', `There is no webhook endpoint ${id}`);
  return auditHeadSchema.parse(Item);
}
