import { type Clock, isoTime } from '#shared/platform/clock.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { ApiKeyStore } from './api-key-store.ts';

/** What noting the use of a key needs. */
export interface NoteUseDependencies {
  readonly keys: Pick<ApiKeyStore, 'noteUse'>;
  readonly clock: Clock;
}

/** A key's last use is noted at most this often. */
const LAST_USED_INTERVAL_MS = 60_000;

/**
 * Notes that a key was used, unless that was noted a moment ago. Never fails: a key that is good is let in all the same.
 *
 * @param lastUsedAt as it was read; null: never
 */
export async function noteUse(
  deps: NoteUseDependencies,
  log: Log,
  keyId: string,
  lastUsedAt: string | null,
): Promise<void> {
  const nowMs = deps.clock();
  // Even a write whose condition fails is billed, and takes its time.
  if (lastUsedAt !== null && nowMs - Date.parse(lastUsedAt) < LAST_USED_INTERVAL_MS) return;
  try {
    await deps.keys.noteUse(keyId, isoTime(nowMs), isoTime(nowMs - LAST_USED_INTERVAL_MS));
  } catch (error) {
    log.write('LAST_USED_NOT_RECORDED', { key_id: keyId, error });
  }
}
