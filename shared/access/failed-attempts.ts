import { reportAlert } from '#shared/alerts/record-alert.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { LockoutPolicy, LockoutSubject } from './lockout.ts';
import type { LockoutStore } from './lockout-store.ts';

/** What counting failures needs. */
export interface FailedAttemptsDependencies {
  readonly lockouts: Pick<LockoutStore, 'countFailure' | 'lock'>;
  readonly policy: LockoutPolicy;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Counts a failed authentication at its address and, when it was the wrong secret of a key that exists, for that key at
 * that address; locks out what has failed too often. A key is never locked out everywhere: else whoever knows its id,
 * which is public, could lock out its owner. A failure that can't be counted is refused like any other.
 *
 * @param guessedKeyId the key whose secret was wrong
 */
export async function countFailedAttempt(
  deps: FailedAttemptsDependencies,
  address: string,
  guessedKeyId: string | undefined,
  requestId: string,
): Promise<void> {
  const counted: readonly (readonly [LockoutSubject, number])[] = [
    [{ address }, deps.policy.addressFailures],
    ...(guessedKeyId === undefined ? [] : [[{ address, keyId: guessedKeyId }, deps.policy.keyFailures] as const]),
  ];
  try {
    // One after the other: both are of one address, and would be rivals for its row.
    for (const [subject, limit] of counted) {
      if ((await deps.lockouts.countFailure(subject)) < limit) continue;
      const alert = await deps.lockouts.lock(subject, requestId);
      if (alert === undefined) continue;
      reportAlert(deps, alert);
      deps.log.write('LOCKOUT_STARTED', { source_address: address, key_id: subject.keyId });
      deps.metrics.count('LockoutStarted');
    }
  } catch (error) {
    deps.log.write('FAILURE_NOT_COUNTED', { source_address: address, error });
  }
}
