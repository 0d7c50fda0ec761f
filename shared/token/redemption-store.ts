import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { appendEntry } from '#shared/audit/append-entry.ts';
import type { AuditEntry } from '#shared/audit/audit-entry.ts';
import {
  type IdSource,
  indexSources,
  type RowPage,
  readPage,
  rowLoader,
  singleSource,
} from '#shared/platform/dynamo/id-source.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import type { ItemKey, OnConflict, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import {
  type OpenRedemption,
  type Redemption,
  type RedemptionEnd,
  type RedemptionStatus,
  redemptionSchema,
} from './redemption.ts';

/** Which redemptions a list shows. */
export interface RedemptionFilter {
  readonly userId?: string | undefined;
  readonly status?: RedemptionStatus | undefined;
  readonly reference?: string | undefined;
}

/** Reads redemptions. */
export interface RedemptionStore {
  /** Strongly consistent. @throws REDEMPTION_NOT_FOUND */
  get(id: string): Promise<Redemption>;
  list(filter: RedemptionFilter, before: string | undefined, limit: number): Promise<RowPage<Redemption>>;
  /** The redemption that a reference names, if any; strongly consistent. */
  idOfReference(reference: string): Promise<string | undefined>;
  /** A user's redemptions that have not ended; strongly consistent. */
  openOf(userId: string): Promise<readonly OpenRedemption[]>;
}

/** Where redemptions and their audit entries are. */
interface Tables {
  readonly ledger: string;
  readonly audit: string;
}

const redemptionKey = (id: string) => ({ pk: `REDEMPTION#${id}`, sk: 'REDEMPTION' });
/** One item per reference, so that none is redeemed twice, whatever becomes of transactions and their references. */
const referenceKey = (reference: string) => ({ pk: `REDEMPTION_REFERENCE#${reference}`, sk: 'REFERENCE' });
const openPartition = (userId: string) => `OPEN_REDEMPTIONS#${userId}`;
const openKey = ({ user_id, id }: Redemption) => ({ pk: openPartition(user_id), sk: id });
const ALL_REDEMPTIONS = 'REDEMPTIONS';
const userPartition = (userId: string) => `REDEMPTIONS#${userId}`;
const statusPartition = (status: string) => `REDEMPTIONS#${status}`;

function redemptionItem(redemption: Redemption) {
  const { id, user_id, status } = redemption;
  return {
    ...redemptionKey(id),
    ...redemption,
    gsi1pk: ALL_REDEMPTIONS,
    gsi1sk: id,
    gsi2pk: userPartition(user_id),
    gsi2sk: id,
    gsi3pk: statusPartition(status),
    gsi3sk: id,
  };
}

/** The error for a reference that was redeemed before. */
export function duplicateReference(reference: string, redemptionId: unknown): HavenError {
  return new HavenError('DUPLICATE_REFERENCE', `reference ${reference} is that of ${String(redemptionId)}`, {
    details: { fields: [{ field: 'body.reference', message: 'has been used' }], redemption_id: redemptionId },
  });
}

/** Adds a new redemption to a transaction: itself, its reference, its place among the open ones, its audit entry. */
export function putNewRedemption(
  write: WriteTransaction,
  tables: Tables,
  redemption: Redemption,
  entry: AuditEntry,
): void {
  const { id, reference, amount, token_address, transaction_id } = redemption;
  const exists = () => new HavenError('DUPLICATE_TRANSACTION', 'A redemption with this id exists already');
  write.put(tables.ledger, { ...referenceKey(reference), redemption_id: id }, (existing) =>
    duplicateReference(reference, existing?.['redemption_id']),
  );
  write.put(tables.ledger, redemptionItem(redemption), exists);
  write.put(tables.ledger, { ...openKey(redemption), amount, token_address, transaction_id }, exists);
  appendEntry(write, tables.audit, entry);
}

/** Adds the end of a redemption to a transaction, on the condition of the state and version that were read. */
export function putRedemptionEnd(
  write: WriteTransaction,
  tables: Tables,
  { before, after, entry }: RedemptionEnd,
  onConflict: OnConflict,
): void {
  write.put(tables.ledger, redemptionItem(after), onConflict, {
    expression: '#status = :status AND #version = :version',
    names: { '#status': 'status', '#version': 'version' },
    values: { ':status': before.status, ':version': before.version },
  });
  write.delete(tables.ledger, openKey(before), onConflict, { expression: 'attribute_exists(pk)' });
  appendEntry(write, tables.audit, entry);
}

const openRowSchema = z.object({ amount: z.string(), token_address: z.string(), transaction_id: z.string() });

/**
 * Redemptions in the ledger table.
 *
 * @param table the ledger table
 */
export function createRedemptionStore(client: DynamoDBDocumentClient, table: string): RedemptionStore {
  const load = rowLoader(client, table, redemptionKey, redemptionSchema);

  const read = (key: ItemKey) => readItem(client, table, key);

  async function idOfReference(reference: string): Promise<string | undefined> {
    const id = (await read(referenceKey(reference)))?.['redemption_id'];
    return typeof id === 'string' ? id : undefined;
  }

  const index = indexSources(client, table);

  function sourceFor({ userId, status, reference }: RedemptionFilter): IdSource {
    if (reference !== undefined) return singleSource(() => idOfReference(reference));
    if (userId !== undefined) return index('gsi2', userPartition(userId));
    if (status !== undefined) return index('gsi3', statusPartition(status));
    return index('gsi1', ALL_REDEMPTIONS);
  }

  return {
    idOfReference,

    async get(id) {
      const item = await read(redemptionKey(id));
      if (item === undefined) throw new HavenError('REDEMPTION_NOT_FOUND', `There is no redemption ${id}`);
      return redemptionSchema.parse(item);
    },

    list(filter, before, limit) {
      return readPage(sourceFor(filter), load, (row) => passes(row, filter), before, limit);
    },

    async openOf(userId) {
      const found: OpenRedemption[] = [];
      let startKey: Record<string, unknown> | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': openPartition(userId) },
            ConsistentRead: true,
            ExclusiveStartKey: startKey,
          }),
        );
        for (const item of page.Items ?? []) found.push(openRowSchema.parse(item));
        startKey = page.LastEvaluatedKey;
      } while (startKey !== undefined);
      return found;
    },
  };
}

function passes(row: Redemption, { userId, status, reference }: RedemptionFilter): boolean {
  return (
    (userId === undefined || row.user_id === userId) &&
    (status === undefined || row.status === status) &&
    (reference === undefined || row.reference === reference)
  );
}
