import type { AuditBreak } from './verify-stream.ts';
import type { Verification } from './verify-use-case.ts';

/** A stream that does not verify. */
export interface BrokenStream extends AuditBreak {
  readonly stream: string;
}

/** How far a walk over all streams has come, so that one that was interrupted can go on. */
export interface WalkState {
  /** The last stream of those, in order of their names, that are all done; empty at the beginning. */
  readonly after: string;
  readonly streams: number;
  readonly entries: number;
  readonly broken: readonly BrokenStream[];
}

/** Where a walk begins. */
export const WALK_START: WalkState = { after: '', streams: 0, entries: 0, broken: [] };

/** Streams verified at once, and done before the next ones begin. */
const STREAMS_AT_ONCE = 16;

/**
 * Verifies streams one after the other, in the order of their names.
 *
 * @param streams their names
 * @param verify verifies one, all of it
 * @param from where an earlier walk stopped
 * @param done told after every few streams; what it was told last is where another walk can go on
 * @returns how it ended
 */
export async function verifyAll(
  streams: Iterable<string>,
  verify: (stream: string) => Promise<Verification>,
  from: WalkState,
  done: (state: WalkState) => void,
): Promise<WalkState> {
  const left = [...new Set(streams)].filter((stream) => stream > from.after).sort();
  let state = from;
  for (let start = 0; start < left.length; start += STREAMS_AT_ONCE) {
    const some = left.slice(start, start + STREAMS_AT_ONCE);
    const found = await Promise.all(some.map(verify));
    state = {
      after: some.at(-1) ?? state.after,
      streams: state.streams + some.length,
      entries: state.entries + found.reduce((sum, { entries }) => sum + entries, 0),
      broken: [
        ...state.broken,
        ...found.flatMap(({ stream, first_break }) => (first_break === null ? [] : { stream, ...first_break })),
      ],
    };
    done(state);
  }
  return state;
}
