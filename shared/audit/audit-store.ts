import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type AuditEntry, auditEntrySchema } from './audit-entry.ts';

/** Reads streams. Writing goes through append-entry.ts, in the transaction of the change. */
export interface AuditStore {
  /** All entries of a stream as they are stored, in order, whatever has become of them; strongly consistent. */
  stored(stream: string): Promise<readonly unknown[]>;
  /** All entries of a stream, for showing. */
  entries(stream: string): Promise<readonly AuditEntry[]>;
}

/**
 * Audit streams in DynamoDB: partition key `pk` (the stream), sort key `seq`.
 *
 * @param table the audit table
 */
export function createAuditStore(client: DynamoDBDocumentClient, table: string): AuditStore {
  async function stored(stream: string): Promise<readonly unknown[]> {
    const found: unknown[] = [];
    let startKey: Record<string, unknown> | undefined;
    do {
      const page = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :stream',
          ExpressionAttributeValues: { ':stream': stream },
          ConsistentRead: true,
          ExclusiveStartKey: startKey,
        }),
      );
      // An attribute that Haven doesn't write must stay visible to the verification, this one too.
      for (const { pk, ...item } of page.Items ?? [])
        found.push('stream' in item ? { ...item, pk } : { ...item, stream: pk });
      startKey = page.LastEvaluatedKey;
    } while (startKey !== undefined);
    return found;
  }

  return {
    stored,
    entries: async (stream) => (await stored(stream)).map((item) => auditEntrySchema.parse(item)),
  };
}
