import type { AuditHead } from './audit-entry.ts';
import type { AuditStore } from './audit-store.ts';

/**
 * Where a stream ends by its own entries: for an aggregate that may have lost its head.
 *
 * @returns undefined when there is no entry
 */
export async function endOfStream(audit: Pick<AuditStore, 'entries'>, stream: string): Promise<AuditHead | undefined> {
  const last = (await audit.entries(stream)).at(-1);
  return last === undefined ? undefined : { audit_seq: last.seq, audit_hash: last.hash };
}
