import type { Transaction } from '../transaction.ts';
import { isFinal, type Transition } from '../transition.ts';
import { type LaneState, MAX_FOREIGN } from './lane.ts';

/** What changes of a lane besides its slots. */
export type LanePatch = Partial<
  Pick<LaneState, 'next_nonce' | 'gap' | 'alone' | 'disputed_by' | 'unexplained' | 'foreign'>
>;

/**
 * The lane after nonces were given: replacements keep theirs, so only what had none takes a slot.
 *
 * @param signed the transactions as they are signed now, with what they were before
 * @param at ISO 8601, UTC
 */
export function withSlots(lane: LaneState, signed: readonly Omit<Transition, 'entry'>[], at: string): LaneState {
  const slots = signed.flatMap(({ before, after }) => {
    if (after.nonce === null) throw new Error(`${after.id} was signed without a nonce`);
    return before.nonce === after.nonce ? [] : [{ nonce: after.nonce, id: after.id }];
  });
  if (slots.length === 0) return lane;
  const next = Math.max(lane.next_nonce ?? 0, ...slots.map(({ nonce }) => nonce + 1));
  return {
    ...lane,
    next_nonce: next,
    in_flight: [...lane.in_flight, ...slots].toSorted((a, b) => a.nonce - b.nonce),
    gap: null,
    synced_at: at,
    version: lane.version + 1,
  };
}

/**
 * The lane after changes of its transactions: what is final, or has to take another nonce, leaves it. The same object
 * when nothing of it changes.
 */
export function afterChanges(
  lane: LaneState,
  changes: readonly Pick<Transition, 'after'>[],
  patch: LanePatch = {},
): LaneState {
  const leaving = new Set(changes.filter(({ after }) => leavesLane(after)).map(({ after }) => after.id));
  const inFlight = lane.in_flight.filter((slot) => !leaving.has(slot.id));
  if (inFlight.length === lane.in_flight.length && Object.keys(patch).length === 0) return lane;
  return {
    ...lane,
    ...patch,
    in_flight: inFlight,
    synced_at: changes[0]?.after.updated_at ?? lane.synced_at,
    version: lane.version + 1,
  };
}

/** The foreign uses that a lane remembers, with new ones. */
export function withForeign(lane: LaneState, uses: LaneState['foreign']): LaneState['foreign'] {
  return [...lane.foreign, ...uses].slice(-MAX_FOREIGN);
}

function leavesLane({ status }: Transaction): boolean {
  return isFinal(status) || status === 'queued';
}
