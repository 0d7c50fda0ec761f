import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Deadline } from '#shared/platform/deadline.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { putDraft } from '../accept.ts';
import { type BatchRecord, batchItem, batchKey, batchRecordSchema } from './batch-record.ts';

/** What storing the members of a batch needs. */
export interface FinishDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly audit: string };
}

/** Three items per member and one for the batch stay below a DynamoDB transaction's 100. */
const MEMBERS_PER_COMMIT = 32;
/** A batch has two parts; whoever loses this many races in a row only repeats what others do. */
const MAX_RACES = 5;

/** Another process stores the same members. */
class BatchRaced extends Error {}

/** Reads a batch, strongly consistent; undefined when there is none. */
export async function readBatch({ client, tables }: FinishDependencies, id: string): Promise<BatchRecord | undefined> {
  const item = await readItem(client, tables.ledger, batchKey(id));
  return item === undefined ? undefined : batchRecordSchema.parse(item);
}

/**
 * Stores the members of an accepted batch as transactions of their own, in parts. Each part moves the batch's own
 * count in the same DynamoDB transaction, so that a part is stored once, however often and by however many this is run;
 * killed anywhere, the next run goes on where it stopped.
 *
 * @param record as it was last seen
 * @throws WRITE_CONFLICT, DATABASE_ERROR
 */
export async function finishBatch(deps: FinishDependencies, record: BatchRecord, deadline: Deadline): Promise<void> {
  let current: BatchRecord | undefined = record;
  for (let races = 0; current !== undefined && current.members.length > 0; ) {
    try {
      current = await storePart(deps, current, deadline);
    } catch (error) {
      races += 1;
      if (!(error instanceof BatchRaced) || races === MAX_RACES) throw error;
      current = await readBatch(deps, record.id);
    }
  }
}

async function storePart(deps: FinishDependencies, before: BatchRecord, deadline: Deadline): Promise<BatchRecord> {
  const stored = Math.min(before.stored + MEMBERS_PER_COMMIT, before.members.length);
  const isLast = stored === before.members.length;
  const after = { ...before, stored, members: isLast ? [] : before.members };
  const write = new WriteTransaction();
  // First, so that a lost race is told from a member that is there already.
  write.put(deps.tables.ledger, batchItem(after), () => new BatchRaced(before.id), {
    expression: '#stored = :stored AND attribute_exists(gsi1pk)',
    names: { '#stored': 'stored' },
    values: { ':stored': before.stored },
  });
  for (const member of before.members.slice(before.stored, stored)) putDraft(write, deps.tables, member);
  await write.commit(deps.client, deadline);
  return after;
}
