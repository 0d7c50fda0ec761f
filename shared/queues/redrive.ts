import type { Clock } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Letter, LetterBox } from './letters.ts';

/** Passes a letter on to whoever is to work it again. Throws when they did not take it; throws Unreadable when nobody could. */
export type Pass = (letter: Letter) => Promise<void>;

/** A letter that nobody could make anything of. */
export class Unreadable extends Error {}

/** What redriving needs. */
export interface RedriveDependencies {
  readonly box: LetterBox;
  readonly pass: Pass;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a run of a redrive came to. */
export interface Redriven {
  /** Letters that were passed on. */
  readonly moved: number;
  /** Letters that were not taken where they were to go; they are still there. */
  readonly refused: number;
  /** Letters that nobody can read; they are still there. */
  readonly unreadable: number;
  /** Whether there may be more letters: those that time did not reach, that were left, or that came meanwhile. */
  readonly more: boolean;
}

/** Who takes letters at once: enough to hide the latency of SQS. */
const AT_ONCE = 4;
/** No round is begun with less time left: a long poll that finds nothing, the letters' way, and their removal. */
const ROUND_MS = 2_500;
/** Letters that are left after which a run ends: whoever is to take them doesn't, and the rest would fare no better. */
const MAX_LEFT = 50;

/** What a run has come to so far, shared by all who take letters. */
interface Tally {
  moved: number;
  unreadable: number;
  refused: number;
  /** Whether a letter that was passed on is still there. */
  doubled: boolean;
  /** Held until the end of the run, so that it meets none of them twice. */
  readonly left: Letter[];
}

/**
 * Passes the letters of a box on and removes them, until there are none or the time is over. A letter is removed only after it was taken
 * where it went: one that is killed in between leaves it, and the next run passes it on again. So each arrives at least once.
 *
 * Letters that came while it runs are left alone: what fails again at once must not go round for ever.
 */
export async function redrive(deps: RedriveDependencies, deadline: Deadline): Promise<Redriven> {
  const beganMs = deps.clock();
  const tally: Tally = { moved: 0, unreadable: 0, refused: 0, doubled: false, left: [] };
  const workers = Array.from({ length: AT_ONCE }, () => worker(deps, tally, beganMs, deadline));
  // Also after a failure: nothing goes on behind the back of who is told of it.
  const ends = await Promise.allSettled(workers);
  await releaseLeft(deps, tally);
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  const { moved, refused, unreadable } = tally;
  const isEmpty = ends.every((end) => end.status === 'fulfilled' && end.value === 'empty');
  return { moved, refused, unreadable, more: !isEmpty || tally.doubled || tally.left.length > 0 };
}

/**
 * Works until it finds the box empty. That alone says little, because others may hold the letters of a group whose rest nobody gets
 * meanwhile; but who is last to find it empty holds nothing, and nor does anybody else.
 */
async function worker(
  deps: RedriveDependencies,
  tally: Tally,
  beganMs: number,
  deadline: Deadline,
): Promise<'empty' | 'cut off'> {
  while (tally.left.length < MAX_LEFT && deadline.allows(ROUND_MS)) {
    const letters = await deps.box.take();
    if (letters.length === 0) return 'empty';
    // Groups side by side, the letters of one in order.
    const groups = [...Map.groupBy(letters, ({ group, id }) => group ?? id).values()];
    const passed = (await Promise.all(groups.map((group) => passInOrder(deps, tally, group, beganMs)))).flat();
    const undead = passed.length === 0 ? 0 : await deps.box.remove(passed);
    tally.moved += passed.length;
    if (undead > 0) {
      tally.doubled = true;
      deps.log.write('LETTERS_NOT_REMOVED', { letters: undead });
    }
  }
  return 'cut off';
}

/** @returns those that were passed on; from the first that was not, the rest of the group is left, so that none overtakes it. */
async function passInOrder(
  { pass, log }: RedriveDependencies,
  tally: Tally,
  letters: readonly Letter[],
  beganMs: number,
): Promise<readonly Letter[]> {
  for (const [index, letter] of letters.entries()) {
    try {
      if (letter.sentMs >= beganMs) throw new CameMeanwhile();
      await pass(letter);
    } catch (error) {
      tally.left.push(...letters.slice(index));
      if (error instanceof CameMeanwhile) return letters.slice(0, index);
      const reason = error instanceof Unreadable ? 'unreadable' : 'refused';
      tally[reason] += 1;
      log.write('LETTER_NOT_PASSED_ON', { message_id: letter.id, reason, error });
      return letters.slice(0, index);
    }
  }
  return letters;
}

class CameMeanwhile extends Error {}

/** They would be there again by themselves a minute later; so a failure is only told. */
async function releaseLeft({ box, log }: RedriveDependencies, { left }: Tally): Promise<void> {
  try {
    if (left.length > 0) await box.release(left);
  } catch (error) {
    log.write('LETTERS_NOT_RELEASED', { letters: left.length, error });
  }
}
