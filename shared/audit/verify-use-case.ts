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
 * no function may change.
 */
export async function verifyStream(deps: VerifyDependencies, stream: string, head: AuditHead): Promise<Verification> {
  const entries = await deps.audit.stored(stream);
  const found = firstBreak(stream, entries, head);
  if (found !== null) {
    deps.log.write('AUDIT_BROKEN', { stream, ...found });
    deps.metrics.count('AuditBroken');
  }
  return { stream, verified: found === null, entries: entries.length, first_break: found };
}
