import type { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { AuditEntry } from './audit-entry.ts';
import { indexAttributesOf } from './index-attributes.ts';

/**
 * Adds an entry to the transaction whose change it tells of.
 *
 * @param table the audit table
 */
export function appendEntry(transaction: WriteTransaction, table: string, entry: AuditEntry): void {
  const { stream, seq, ...rest } = entry;
  transaction.put(
    table,
    { pk: stream, seq, ...rest, ...indexAttributesOf(entry) },
    () => new HavenError('WRITE_CONFLICT', 'Another change was recorded first; try again', { retryAfterSeconds: 1 }),
  );
}
