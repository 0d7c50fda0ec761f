import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type AuditEntry, auditEntrySchema } from './audit-entry.ts';
import { asWritten, entryIn } from './stored-entry.ts';

/** Below any number that an item could be given, so that one put before the first entry is seen too. */
export const BEFORE_ALL = Number.MIN_SAFE_INTEGER;

/** Entries of a stream as they are stored, in order, whatever has become of them. */
export interface StoredPage {
  readonly entries: readonly unknown[];
  /** The number after which the next page begins; undefined when the stream has ended. */
  readonly lastSeq: number | undefined;
}

/** Reads streams. Writing goes through append-entry.ts, in the transaction of the change. */
export interface AuditStore {
  /** All entries of a stream as they are stored, in order, whatever has become of them; strongly consistent. */
  stored(stream: string): Promise<readonly unknown[]>;
  /** All entries of a stream, for showing. */
  entries(stream: string): Promise<readonly AuditEntry[]>;
}

/** Reads streams piece by piece, so that a long one takes no more memory than a short one. */
export interface AuditPages {
  /** At most 1 MB of what is stored after an entry, strongly consistent. */
  page(stream: string, afterSeq: number): Promise<StoredPage>;
}

/**
 * Audit streams in DynamoDB: partition key `pk` (the stream), sort key `seq`.
 *
 * @param table the audit table
 */
export function createAuditStore(client: DynamoDBDocumentClient, table: string): AuditStore & AuditPages {
  async function page(stream: string, afterSeq: number): Promise<StoredPage> {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :stream AND seq > :after',
        ExpressionAttributeValues: { ':stream': stream, ':after': afterSeq },
        ConsistentRead: true,
      }),
    );
    const lastSeq = LastEvaluatedKey === undefined ? undefined : Number(LastEvaluatedKey['seq']);
    return { entries: Items.map(asWritten), lastSeq };
  }

  async function stored(stream: string): Promise<readonly unknown[]> {
    const found: unknown[] = [];
    let after: number | undefined = BEFORE_ALL;
    while (after !== undefined) {
      const { entries, lastSeq } = await page(stream, after);
      found.push(...entries);
      after = lastSeq;
    }
    return found;
  }

  return {
    stored,
    page,
    entries: async (stream) => (await stored(stream)).map((item) => entryIn(item) ?? auditEntrySchema.parse(item)),
  };
}
