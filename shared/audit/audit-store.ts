import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { type AuditEntry, auditEntrySchema } from './audit-entry.ts';

/** Reads streams. Writing goes through `appendEntry`, in the transaction of the change. */
export interface AuditStore {
  /** All entries of a stream as they are stored, in order, whatever has become of them; strongly consistent. */
  stored(stream: string): Promise<readonly unknown[]>;
  /** All entries of a stream, for showing. */
  entries(stream: string): Promise<readonly AuditEntry[]>;
}

/**
 * Adds an entry to the transaction whose change it tells of.
 *
 * @param table the audit table
 */
export function appendEntry(transaction: WriteTransaction, table: string, entry: AuditEntry): void {
  const { stream, seq, ...rest } = entry;
  transaction.put(
    table,
    { pk: stream, seq, ...rest },
    () => new HavenError('WRITE_CONFLICT', 'Another change was recorded first; try again', { retryAfterSeconds: 1 }),
  );
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
      for (const { pk, ...item } of page.Items ?? []) found.push({ ...item, stream: pk });
      startKey = page.LastEvaluatedKey;
    } while (startKey !== undefined);
    return found;
  }

  return {
    stored,
    entries: async (stream) => (await stored(stream)).map((item) => auditEntrySchema.parse(item)),
  };
}
