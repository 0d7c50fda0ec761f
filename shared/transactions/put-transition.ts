import { appendEntry } from '#shared/audit/append-entry.ts';
import type { Condition, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { tellIntegrators } from './event-notice.ts';
import { queueItem, queueKey, transactionItem } from './ledger-items.ts';
import type { Transition } from './transition.ts';
import { tellWatcher } from './watcher.ts';

/** A state change with its audit entry, or a change of facts without one. */
export type Change = Omit<Transition, 'entry'> & { readonly entry?: Transition['entry'] };

/**
 * Adds one change of a transaction to a write, conditional on the state and version it was computed from; leaving
 * `queued` gives up the place in the queue, coming back takes one; who watches it is told of its end, and integrators of what they are told of.
 *
 * @param raced the error when somebody else changed it first; told what
 */
export function putTransition(
  write: WriteTransaction,
  tables: { readonly ledger: string; readonly audit: string },
  { before, after, entry }: Change,
  raced: (what: string) => Error,
): void {
  const { expression, names, values } = isVersion(before);
  write.put(tables.ledger, transactionItem(after), () => raced(before.id), {
    expression: `${expression} AND #status = :status`,
    names: { ...names, '#status': 'status' },
    values: { ...values, ':status': before.status },
  });
  const lane = { chain_id: before.chain_id, address: before.from };
  const inQueue = `the queue of ${before.id}`;
  if (before.status === 'queued' && after.status !== 'queued') {
    write.delete(tables.ledger, queueKey(lane, before.id), () => raced(inQueue), {
      expression: 'attribute_exists(pk)',
    });
  }
  if (before.status !== 'queued' && after.status === 'queued') {
    write.put(tables.ledger, queueItem(lane, after.wallet_id, after.id), () => raced(inQueue));
  }
  tellWatcher(write, tables.ledger, { before, after }, () => raced(`the end of ${before.id}`));
  const told = { after, ...(entry === undefined ? {} : { entry }) };
  tellIntegrators(write, tables.ledger, told, () => raced(`a notice of ${before.id}`));
  if (entry !== undefined) appendEntry(write, tables.audit, entry);
}

/** The item must still be of that version. */
export function isVersion(item: { readonly version: number }): Condition {
  return { expression: '#version = :version', names: { '#version': 'version' }, values: { ':version': item.version } };
}
