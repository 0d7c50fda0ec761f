import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { type AuditContent, type AuditHead, auditHeadSchema, emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import {
  type Condition,
  NOT_EXISTS,
  tooManyRivals,
  WriteTransaction,
} from '#shared/platform/dynamo/write-transaction.ts';
import { type RetryPolicy, type Sleep, sleep, withRetry } from '#shared/platform/retry.ts';
import { COMMAND_STREAM } from './command-stream.ts';

/** Where that stream ends. */
export const COMMAND_HEAD_KEY = { pk: `AUDIT#${COMMAND_STREAM}`, sk: 'HEAD' } as const;

/** Commands are run by few people; two at once are rivals for a moment. */
const RIVALS_RETRY: RetryPolicy = { maxAttempts: 12, baseDelayMs: 15, maxDelayMs: 400 };
const TIMEOUT_MS = 30_000;

/** Another command was recorded since the head was read. */
class HeadMoved extends Error {}

/**
 * Records the beginning or the end of a command.
 *
 * @param tables the ledger, for the head, and the audit table
 * @throws WRITE_CONFLICT, DATABASE_ERROR
 */
export async function recordCommand(
  client: DynamoDBDocumentClient,
  tables: { readonly ledger: string; readonly audit: string },
  content: AuditContent,
  clock: Clock,
  wait: Sleep = sleep,
): Promise<void> {
  const deadline = Deadline.in(TIMEOUT_MS, clock);
  const append = async () => {
    const before = await readCommandHead(client, tables.ledger);
    const { entry, head } = nextEntry(COMMAND_STREAM, before, content, isoTime(clock()));
    const write = new WriteTransaction();
    write.put(tables.ledger, { ...COMMAND_HEAD_KEY, ...head }, () => new HeadMoved(), stillAt(before));
    appendEntry(write, tables.audit, entry);
    await write.commit(client, deadline, wait);
  };
  await withRetry(append, (error) => error instanceof HeadMoved, RIVALS_RETRY, deadline, wait).catch(
    (error: unknown) => {
      throw error instanceof HeadMoved ? tooManyRivals(error) : error;
    },
  );
}

/**
 * Where the stream of commands ends.
 *
 * @param table the ledger
 */
export async function readCommandHead(client: DynamoDBDocumentClient, table: string): Promise<AuditHead> {
  const item = await readItem(client, table, COMMAND_HEAD_KEY);
  return item === undefined ? emptyHead(COMMAND_STREAM) : auditHeadSchema.parse(item);
}

function stillAt({ audit_seq, audit_hash }: AuditHead): Condition {
  return audit_seq === 0
    ? NOT_EXISTS
    : { expression: 'audit_seq = :seq AND audit_hash = :hash', values: { ':seq': audit_seq, ':hash': audit_hash } };
}
