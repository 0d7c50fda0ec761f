import type { RaisedCondition } from './condition.ts';

/** Looks in a row that fail before people hear of it: one is a lost packet. */
export const BLIND_AFTER_FAILURES = 3;

/** The check that watches the checks. */
export const BLINDNESS = 'monitor_blind';

/** Failed looks in a row, by check; a check that is not there looked last time. */
export type Failures = Readonly<Record<string, number>>;

/**
 * Counts failed looks on. Pure.
 *
 * @param outcomes of this run: whether each check got its facts; a check that is not there any more is forgotten
 */
export function nextFailures(before: Failures, outcomes: ReadonlyMap<string, boolean>): Failures {
  const failed = [...outcomes].filter(([, hasLooked]) => !hasLooked);
  return Object.fromEntries(failed.map(([check]) => [check, (before[check] ?? 0) + 1]));
}

/** What is raised of checks that see nothing: while one lasts, what it watches may be wrong and nobody hears of it. Pure. */
export function blindChecks(failures: Failures): readonly RaisedCondition[] {
  return Object.entries(failures)
    .filter(([, count]) => count >= BLIND_AFTER_FAILURES)
    .map(([check]) => ({
      key: `${BLINDNESS}:${check}`,
      category: 'alarm',
      severity: 'ERROR',
      summary: `The monitor cannot see: ${check} gets no facts, so nothing of it is told or resolved`,
      details: { check },
    }));
}
