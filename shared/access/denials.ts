import type { AuditContent, AuditHead } from '#shared/audit/audit-entry.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { type Lockout, type LockoutPolicy, lasts } from './lockout.ts';

/** Credentials that are good, and were denied. */
export interface Denial {
  /** The address as failures are counted. */
  readonly address: string;
  readonly sourceAddress: string;
  readonly principalId: string;
  readonly why: 'address_refused' | 'no_role';
  readonly requestId: string;
}

/** Principals that one address remembers; with more within a window, the oldest is put on record anew. */
const MAX_REMEMBERED = 200;

/** What recording a denial needs. */
export interface DenialDependencies {
  readonly lockouts: { recordDenial(denial: Denial): Promise<void> };
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Puts a denial on record: somebody has a key that isn't theirs to use, or an account that nobody gave a role. Never fails: who is
 * denied is denied, on record or not.
 */
export async function recordDenial({ lockouts, log, metrics }: DenialDependencies, denial: Denial): Promise<void> {
  try {
    await lockouts.recordDenial(denial);
  } catch (error) {
    const { requestId: request_id, principalId: principal, sourceAddress: source_address } = denial;
    log.write('REFUSAL_NOT_RECORDED', { request_id, principal, source_address, error });
    metrics.count('RefusalNotRecorded');
  }
}

/** Whether a denial of this principal is on record at its address within the window. */
export function isOnRecord(before: Lockout | undefined, { principalId }: Denial, nowMs: number): boolean {
  return lasts(before?.denied ?? {}, principalId, nowMs);
}

/** What becomes of an address's row with a denial; those whose window has ended are forgotten. */
export function denied(
  before: Lockout | undefined,
  { principalId }: Denial,
  policy: LockoutPolicy,
  nowMs: number,
): Omit<Lockout, keyof AuditHead> {
  const standing = Object.entries(before?.denied ?? {}).filter(([id, endMs]) => id !== principalId && endMs > nowMs);
  const remembered = [...standing, [principalId, nowMs + policy.windowMs] as const]
    .toSorted(([, a], [, b]) => a - b)
    .slice(-MAX_REMEMBERED);
  return {
    locked_until_ms: before?.locked_until_ms ?? 0,
    keys: before?.keys ?? {},
    denied: Object.fromEntries(remembered),
  };
}

/** The audit entry of a denial, in the form of other refused accesses. It is of all routes: the answer is kept for all. */
export function denialEntry(
  { principalId, why, sourceAddress, requestId }: Denial,
  policy: LockoutPolicy,
): AuditContent {
  return {
    action: 'access.refused',
    actor: principalId,
    severity: 'WARNING',
    request_id: requestId,
    reason: why,
    detail: {
      operation: null,
      subject: null,
      source_address: sourceAddress,
      window_seconds: policy.windowMs / 1_000,
    },
  };
}
