import * as z from 'zod';
import type { OnConflict, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { type OutboxMessage, putOutboxMessage } from '#shared/platform/outbox/outbox-message.ts';
import { failureSchema, transactionStatusSchema } from './transaction.ts';
import { isFinal, type Transition } from './transition.ts';

/** What a watcher is told: how its transaction ended. */
export const transactionEndedSchema = z.object({
  type: z.literal('transaction.ended'),
  transaction_id: z.string(),
  status: transactionStatusSchema.refine(isFinal, { error: 'must be an end' }),
  failure: failureSchema.nullable(),
});

/** How a watched transaction ended. */
export type TransactionEnded = z.output<typeof transactionEndedSchema>;

/** A change of a transaction, before and after. */
type Change = Pick<Transition, 'before' | 'after'>;

/**
 * What the outbox holds about a change that ends a transaction; undefined when it is no end, or nobody watches. A
 * transaction ends once, so its id names the message.
 */
export function endMessage({ before, after }: Change): OutboxMessage | undefined {
  if (after.watcher === null || isFinal(before.status) || !isFinal(after.status)) return undefined;
  const fact: TransactionEnded = {
    type: 'transaction.ended',
    transaction_id: after.id,
    status: after.status,
    failure: after.failure,
  };
  return { id: `transaction.ended#${after.id}`, subject: after.watcher, fact, created_at: after.updated_at };
}

/**
 * Adds to the write that stores a transaction's end what its watcher is to be told. Whoever writes a final state calls
 * this in the same WriteTransaction; otherwise what waits for the transaction waits for ever.
 *
 * @param table the ledger table
 */
export function tellWatcher(write: WriteTransaction, table: string, change: Change, onConflict: OnConflict): void {
  const message = endMessage(change);
  if (message !== undefined) putOutboxMessage(write, table, message, onConflict);
}
