import * as z from 'zod';
import { shardOf } from '#shared/platform/dynamo/shard-of.ts';
import type { OnConflict, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { idOf } from '#shared/platform/ids.ts';
import type { Transition } from './transition.ts';
import { transactionView } from './view.ts';

/** A change of a transaction, with its audit entry if it has one. */
type Change = Pick<Transition, 'after'> & { readonly entry?: Transition['entry'] };

/** What is said of a transaction to integrators, named as the entry of its history. What the answer to a request says is none. */
export const transactionEventSchema = z.enum([
  'transaction.submitted',
  'transaction.replaced',
  'transaction.confirmed',
  'transaction.reverted',
  'transaction.failed',
  'transaction.cancelled',
  'transaction.expired',
]);

/** What is said of a transaction to integrators. */
export type TransactionEvent = z.output<typeof transactionEventSchema>;

/** A transaction as integrators are told of it: what the API shows, but for its calldata, which they sent and which may be long. */
export const transactionEventData = transactionView.omit({ data: true });

/**
 * That integrators are to be told of an event of a transaction: written in the DynamoDB transaction that makes the event a fact. It says all that
 * there is to say, so that who tells reads no transaction, and what was so is told though it is so no more.
 */
export const transactionNoticeSchema = z.object({
  /** `evt_…`; the same however often it is delivered. */
  id: z.string(),
  event: transactionEventSchema,
  transaction: transactionEventData,
  /** ISO 8601, UTC. */
  created_at: z.string(),
});

/** That integrators are to be told of an event of a transaction. */
export type TransactionNotice = z.output<typeof transactionNoticeSchema>;

/** What the partition keys of notices of transactions begin with, in the ledger table. */
export const TRANSACTION_NOTICES = 'TX_NOTICE#';

/** A notice that waits to be told, in gsi1 as long as nobody did. */
export function transactionNoticeKey(noticeId: string) {
  return { pk: `${TRANSACTION_NOTICES}${noticeId}`, sk: 'NOTICE' };
}

/** Partitions of the index of waiting notices: one would take 1,000 writes a second; four are as many as lanes have. */
export const TRANSACTION_NOTICE_SHARDS = 4;

/** What the names of those partitions begin with. */
export const WAITING_TRANSACTION_NOTICES = 'WAITING_TX_NOTICES#';

/** The partition of a shard of waiting notices in gsi1; its sort key is the notice's id, so the oldest come first. */
export function waitingTransactionNotices(shard: number): string {
  return `${WAITING_TRANSACTION_NOTICES}${shard}`;
}

/** The item of a notice that nobody told yet. */
export function transactionNoticeItem(notice: TransactionNotice) {
  const shard = shardOf(notice.id, TRANSACTION_NOTICE_SHARDS);
  return {
    ...transactionNoticeKey(notice.id),
    ...notice,
    gsi1pk: waitingTransactionNotices(shard),
    gsi1sk: notice.id,
  };
}

/** What integrators are to be told of a change; undefined: nothing, or nobody asked for it when the transaction was accepted. */
export function noticeOf({ after, entry }: Change): TransactionNotice | undefined {
  if (after.tells_events !== true) return undefined;
  const event = transactionEventSchema.safeParse(entry?.action).data;
  if (event === undefined) return undefined;
  return {
    // A transaction has each version once.
    id: idOf('evt', Date.parse(after.updated_at), `${after.id}#${after.version}`),
    event,
    transaction: transactionEventData.parse(after),
    created_at: after.updated_at,
  };
}

/**
 * Adds to the write that stores a change what integrators are to be told of it.
 *
 * @param table the ledger table
 */
export function tellIntegrators(write: WriteTransaction, table: string, change: Change, onConflict: OnConflict): void {
  const notice = noticeOf(change);
  if (notice !== undefined) write.put(table, transactionNoticeItem(notice), onConflict);
}
