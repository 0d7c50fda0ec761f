import * as z from 'zod';
import { auditEntrySchema } from '#shared/audit/audit-entry.ts';
import { transactionSchema } from '../transaction.ts';

/**
 * The most intents in one batch (issue 3). With a reference each, a batch is committed as 52 items: answer, record and
 * references; and one more for each daily limit that it takes from. A DynamoDB transaction takes 100: a batch whose
 * references and limits are more than 98 is refused.
 */
export const MAX_BATCH_INTENTS = 50;

/** A member of a batch that is still to be stored as a transaction of its own: everything that is to be written. */
export const batchMemberSchema = z.object({
  transaction: transactionSchema,
  entry: auditEntrySchema,
});

/**
 * An accepted batch. Its existence is the fact that all of its members are accepted; until it is finished, those from
 * `stored` on exist in here only. A finished one keeps the ids.
 */
export const batchRecordSchema = z.object({
  id: z.string(),
  /** ISO 8601, UTC. */
  accepted_at: z.string(),
  transaction_ids: z.array(z.string()),
  /** How many members are stored as transactions of their own. */
  stored: z.number().int().nonnegative(),
  /** Empty once it is finished. */
  members: z.array(batchMemberSchema),
});

/** An accepted batch. */
export type BatchRecord = z.output<typeof batchRecordSchema>;

/** The key of a batch in the ledger table. */
export function batchKey(id: string) {
  return { pk: `BATCH#${id}`, sk: 'BATCH' };
}

/** The partition of gsi1 that lists batches whose members are not all stored yet. */
export const OPEN_BATCHES = 'OPEN_BATCHES';

/** The item of a batch: in the index of open batches until it is finished. */
export function batchItem(record: BatchRecord) {
  const open = { gsi1pk: OPEN_BATCHES, gsi1sk: record.id };
  return { ...batchKey(record.id), ...record, ...(record.members.length === 0 ? {} : open) };
}
