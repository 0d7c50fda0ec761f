import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { type AuditHead, auditHeadSchema, emptyHead } from '#shared/audit/audit-entry.ts';
import { alertNotFound } from './acknowledge-alert.ts';
import { alertKey } from './alert-row.ts';

/**
 * Where the audit stream of an alert ends, and nothing else of it: for who verifies streams and has no business with alerts.
 *
 * @param table the logs table
 * @throws ALERT_NOT_FOUND
 */
export async function readAlertHead(client: DynamoDBDocumentClient, table: string, id: string): Promise<AuditHead> {
  const { Item } = await client.send(
    new GetCommand({
      TableName: table,
      Key: alertKey(id),
      ProjectionExpression: 'pk, audit_seq, audit_hash',
      ConsistentRead: true,
    }),
  );
  if (Item === undefined) throw alertNotFound(id);
  return auditHeadSchema.safeParse(Item).data ?? emptyHead(id);
}
