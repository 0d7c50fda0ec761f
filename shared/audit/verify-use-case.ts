import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { AuditHead } from './audit-entry.ts';
import type { AuditStore } from './audit-store.ts';
import { type AuditBreak, firstBreak } from './verify-stream.ts';

/** What verifying needs. */
export interface VerifyDependencies {
  readonly audit: Pick<AuditStore, 'stored'>;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What verifying found. */
export interface Verification {
  readonly stream: string;
  readonly verified: boolean;
  readonly entries: number;
  readonly first_break: AuditBreak | null;
}

/**
 * Verifies a stream against the head that its aggregate keeps. A break is logged and counted: someone changed what
 * no function may change. Entries beyond the head are no break yet: one may have been appended between the two reads,
 * so
 * they are held against the head as it is after them.
 *
 * @param readHead reads the head, strongly consistent
 */
export async function verifyStream(
  deps: VerifyDependencies,
  stream: string,
  readHead: () => Promise<AuditHead>,
): Promise<Verification> {
  const before = await readHead();
  const entries = await deps.audit.stored(stream);
  let found = firstBreak(stream, entries, before);
  if (found?.reason === 'unexpected') {
    const known = entries.slice(0, before.audit_seq);
    found = firstBreak(stream, known, before) ?? beyond(entries, await readHead());
  }
  if (found !== null) {
    deps.log.write('AUDIT_BROKEN', { stream, ...found });
    deps.metrics.count('AuditBroken');
  }
  return { stream, verified: found === null, entries: entries.length, first_break: found };
}

/** Entries that link to each other, and of which the aggregate knows nothing even now. */
function beyond(entries: readonly unknown[], after: AuditHead): AuditBreak | null {
  return entries.length > after.audit_seq ? { seq: after.audit_seq + 1, reason: 'unexpected' } : null;
}
