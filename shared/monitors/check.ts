import { GRAVITY } from '#shared/alerts/alert.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { Condition, RaisedCondition } from './condition.ts';

/** What a look found. */
export interface Findings {
  readonly raised: readonly RaisedCondition[];
  /** False: there was more than a look may read, so that of what was not found nothing can be said: it is not resolved. */
  readonly isComplete: boolean;
  /** Keys of open conditions that end without a word: nothing is known of them any more, or another condition covers them. */
  readonly lapsed?: readonly string[];
}

/** One thing that is watched. Its look costs a bounded number of calls, whatever there is. */
export interface Check {
  /** Names it, and begins the keys of its conditions. */
  readonly name: string;
  /**
   * Asks for the facts and judges them.
   *
   * @param open its conditions that are open
   * @throws whatever keeps it from getting its facts: then nothing is raised or resolved
   */
  look(nowMs: number, open: readonly Condition[], deadline: Deadline): Promise<Findings>;
}

/** Findings of a look that saw everything. */
export function complete(raised: readonly RaisedCondition[]): Findings {
  return { raised, isComplete: true };
}

/** Conditions that one look of one check raises: when there are more, each one more tells nobody anything. */
const MAX_RAISED = 20;

/**
 * Findings as far as they are told: the gravest, whatever their order was.
 *
 * @param sawAll whether there was nothing beyond what was read
 */
export function bounded(raised: readonly RaisedCondition[], sawAll: boolean): Findings {
  const told = raised.toSorted((a, b) => GRAVITY[b.severity] - GRAVITY[a.severity]).slice(0, MAX_RAISED);
  return { raised: told, isComplete: sawAll && raised.length <= MAX_RAISED };
}
