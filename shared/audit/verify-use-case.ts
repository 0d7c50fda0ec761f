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

/** A stream that has grown each of so many times grows by other means than appending. */
const MAX_LOOKS = 3;

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
 * so both are read again.
 *
 * @param readHead reads the head, strongly consistent
 */
export async function verifyStream(
  deps: VerifyDependencies,
  stream: string,
  readHead: () => Promise<AuditHead>,
): Promise<Verification> {
  let entries: readonly unknown[] = [];
  let found: AuditBreak | null = null;
  for (let look = 0; look < MAX_LOOKS; look += 1) {
    const head = await readHead();
    entries = await deps.audit.stored(stream);
    found = firstBreak(stream, entries, head);
    if (found?.reason !== 'unexpected') break;
  }
  if (found !== null) {
    deps.log.write('AUDIT_BROKEN', { stream, ...found });
    deps.metrics.count('AuditBroken');
  }
  return { stream, verified: found === null, entries: entries.length, first_break: found };
}
