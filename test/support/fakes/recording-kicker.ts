import type { Kick, LaneKicker } from '#shared/transactions/lane/kick.ts';
import type { LaneKey } from '#shared/transactions/lane/lane.ts';

/** One thing that a kicker was asked for. */
export type KickerCall =
  | { readonly kind: 'kick'; readonly lane: LaneKey; readonly cause: string }
  | { readonly kind: 'pass'; readonly wake: Kick }
  | { readonly kind: 'wake'; readonly lane: LaneKey; readonly delayMs: number };

/** A kicker that only keeps what it was asked for. */
export interface RecordingKicker {
  readonly kicker: LaneKicker;
  readonly calls: readonly KickerCall[];
}

/** Makes a kicker that sends nothing. */
export function createRecordingKicker(): RecordingKicker {
  const calls: KickerCall[] = [];
  return {
    calls,
    kicker: {
      async kick(lane, cause) {
        calls.push({ kind: 'kick', lane, cause });
      },
      async pass(wake) {
        calls.push({ kind: 'pass', wake });
      },
      async wake(lane, delayMs) {
        calls.push({ kind: 'wake', lane, delayMs });
      },
    },
  };
}
