import type { Sweep, SweepWaitingFor } from '#shared/custody/lifecycle/sweep.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { Transaction } from '../transaction.ts';

/** A sweep that has got no further for so long is told of: fees, funds and batches of a healthy stage take minutes. */
export const HELD_AFTER_MS = 30 * 60_000;

/**
 * Whether a sweep got further: something ended that is not asked for anew, or a stage did. A try that expired and the next one
 * are none. Pure.
 */
export function hasProgressed(
  before: Pick<Sweep, 'chains' | 'moves'>,
  after: Pick<Sweep, 'chains' | 'moves'>,
): boolean {
  const endedOf = ({ moves }: Pick<Sweep, 'moves'>) =>
    moves.filter(({ status }) => status === 'confirmed' || status === 'failed').length;
  const stagesOf = ({ chains }: Pick<Sweep, 'chains'>) =>
    chains
      .map(({ chain_id, stage }) => `${chain_id}:${stage}`)
      .toSorted()
      .join();
  return endedOf(before) !== endedOf(after) || stagesOf(before) !== stagesOf(after);
}

/** What the transaction of a move that is under way waits for: what its lane says, else its turn and confirmations. Pure. */
export function waitsFor({ waiting_for }: Pick<Transaction, 'waiting_for'>): SweepWaitingFor {
  return waiting_for ?? 'lane';
}

/** What a sweep waits for on a chain where going on has failed. Pure. */
export function waitsAfter(error: unknown): SweepWaitingFor {
  if (!(error instanceof HavenError)) return 'error';
  // An endpoint that doesn't answer, refuses or contradicts itself: another may answer in a minute.
  if (error.code === 'RPC_CONNECTION' || error.code === 'CIRCUIT_OPEN') return 'circuit';
  return error.code === 'POLICY_VIOLATION' && error.details['rule'] === 'paused' ? 'paused' : 'error';
}

/** A sweep with a note of what it waits for; the same object when that is noted already. Pure. */
export function noteWaiting(sweep: Sweep, waitingFor: SweepWaitingFor, nowMs: number): Sweep {
  if (sweep.waiting_for === waitingFor && sweep.waiting_since !== null) return sweep;
  const waiting_since = sweep.waiting_since ?? isoTime(nowMs);
  return { ...sweep, waiting_for: waitingFor, waiting_since, version: sweep.version + 1 };
}

/** Whether a sweep has waited so long that somebody should look. Pure. */
export function isHeld({ waiting_since }: Pick<Sweep, 'waiting_since'>, nowMs: number): boolean {
  return waiting_since !== null && nowMs - Date.parse(waiting_since) >= HELD_AFTER_MS;
}
