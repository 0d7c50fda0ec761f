import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { AuditHead } from '#shared/audit/audit-entry.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { redriveAnswerSchema } from './mover-protocol.ts';

/** What is kept of a queue: its last redrive, and where its audit stream ends. */
const recordSchema = z.object({
  id: z.string(),
  begun_at: z.string(),
  by: z.string(),
  /** Names the redrive among others: the request that asked for it. */
  request_id: z.string(),
  ended_at: z.string().nullable(),
  outcome: redriveAnswerSchema.nullable(),
  version: z.number().int(),
  audit_seq: z.number().int(),
  audit_hash: z.string(),
});

/** What is kept of a queue. */
export type RedriveRecord = z.output<typeof recordSchema>;

/** Reads what is kept of queues. */
export type ReadRedrive = (queue: string) => Promise<RedriveRecord | undefined>;

/** The row of a queue: one for each that was ever redriven, which there are few of. It holds the end of an audit stream, so it never expires. */
export function redriveKey(queue: string) {
  return { pk: `QUEUE#${queue}` };
}

/**
 * Rows of queues.
 *
 * @param table the ephemeral table
 */
export function redriveReader(client: DynamoDBDocumentClient, table: string): ReadRedrive {
  return async (queue) => {
    const item = await readItem(client, table, redriveKey(queue));
    return item === undefined ? undefined : recordSchema.parse(item);
  };
}

/** The audit stream of a queue. */
export function queueStream(queue: string): string {
  return `queue:${queue}`;
}

/** Where the audit stream of a queue ends; undefined while it was never redriven. */
export function queueHead(record: RedriveRecord | undefined): AuditHead | undefined {
  return record === undefined ? undefined : { audit_seq: record.audit_seq, audit_hash: record.audit_hash };
}
