import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { type AuditHead, auditHeadSchema } from '#shared/audit/audit-entry.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { depositSweepKey, parseSweepId } from './deposit-sweep.ts';

/**
 * Where the stream of a sweep ends, strongly consistent; of the sweep nothing else is read.
 *
 * @param table the shop table
 * @throws SWEEP_NOT_FOUND
 */
export async function readSweepHead(client: DynamoDBDocumentClient, table: string, id: string): Promise<AuditHead> {
  const { Item } = await client.send(
    new GetCommand({
      TableName: table,
      Key: depositSweepKey(parseSweepId(id)),
      ProjectionExpression: 'audit_seq, audit_hash',
      ConsistentRead: true,
    }),
  );
  if (Item === undefined) throw new HavenError('SWEEP_NOT_FOUND', `There is no sweep ${id}`);
  return auditHeadSchema.parse(Item);
}
