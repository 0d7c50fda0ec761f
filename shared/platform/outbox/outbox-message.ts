import * as z from 'zod';
import { shardOf } from '../dynamo/shard-of.ts';
import type { OnConflict, WriteTransaction } from '../dynamo/write-transaction.ts';

/**
 * One fact that another part of Haven must act on. Written in the transaction that makes it a fact and removed in the
 * transaction that acts on it, so that it is acted on exactly once however often it is delivered
 * (docs/decisions/0012-outbox.md).
 */
export const outboxMessageSchema = z.object({
  /** Names the fact, so that it can't be written twice: `transaction.ended#tx_…`. */
  id: z.string().min(1),
  /** Whom it concerns, as `kind:id`: `redemption:red_…`. The kind finds the handler. */
  subject: z.string().regex(/^[a-z_]+:.+$/),
  /** What happened. The handler of its kind parses it. */
  fact: z.record(z.string(), z.unknown()),
  /** ISO 8601, UTC. */
  created_at: z.string(),
});

/** One fact that another part of Haven must act on. */
export type OutboxMessage = z.output<typeof outboxMessageSchema>;

/** Partitions of the index of what is undelivered. One would take 1,000 writes a second; four are as many as lanes have. */
export const OUTBOX_SHARDS = 4;

/** The partition of a shard in gsi1. */
export function outboxShard(shard: number): string {
  return `OUTBOX#${shard}`;
}

/** The key of a message in the ledger table. */
export function outboxKey(id: string) {
  return { pk: `OUTBOX#${id}`, sk: 'OUTBOX' };
}

/** The kind of a subject: what is before its colon. */
export function kindOf(subject: string): string {
  return subject.slice(0, subject.indexOf(':'));
}

/** The id of a subject: what is behind its colon. */
export function subjectId(subject: string): string {
  return subject.slice(subject.indexOf(':') + 1);
}

/** The item of a message: in the index of what is undelivered as long as it exists, oldest first. */
export function outboxItem(message: OutboxMessage) {
  const shard = shardOf(message.id, OUTBOX_SHARDS);
  return {
    ...outboxKey(message.id),
    ...message,
    gsi1pk: outboxShard(shard),
    gsi1sk: `${message.created_at}#${message.id}`,
  };
}

/**
 * Adds a message to the transaction that makes its fact, if absent.
 *
 * @param table the ledger table
 */
export function putOutboxMessage(
  write: WriteTransaction,
  table: string,
  message: OutboxMessage,
  onConflict: OnConflict,
): void {
  write.put(table, outboxItem(message), onConflict);
}

/** Adds the removal of a message to the transaction that acts on it, on the condition that it is still there. */
export function removeOutboxMessage(write: WriteTransaction, table: string, id: string, onConflict: OnConflict): void {
  write.delete(table, outboxKey(id), onConflict, { expression: 'attribute_exists(pk)' });
}
