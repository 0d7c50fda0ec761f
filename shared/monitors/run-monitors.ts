import { reportAlert } from '#shared/alerts/record-alert.ts';
import type { Clock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { BLINDNESS, blindChecks, nextFailures } from './blindness.ts';
import type { Check, Findings } from './check.ts';
import { complete } from './check.ts';
import {
  type Condition,
  type ConditionStep,
  type FoundCondition,
  lapsedCondition,
  stepCondition,
} from './condition.ts';
import { conditionAlert } from './condition-alert.ts';
import type { ConditionStore, StoredConditions } from './condition-store.ts';
import { lookWithin, type Timer } from './look.ts';

/** What one check may take for its facts: a chain whose first endpoint hangs has time for the second. */
const LOOK_MS = 20_000;

/** What a run of the monitor needs. */
export interface MonitorDependencies {
  readonly checks: readonly Check[];
  readonly store: ConditionStore;
  readonly coolDownMs: number;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly timer?: Timer;
}

/**
 * Lets every check look, all at once and each by itself, and opens, repeats and resolves conditions by what they found. What a failed check
 * watches stays as it is. Cut off anywhere, run twice, or at once with another: a condition and its notice are one write, on the condition that
 * nobody changed it since, and the next run makes up for what this one left.
 *
 * @throws DATABASE_ERROR and the like when it can't be read which conditions are open
 */
export async function runMonitors(deps: MonitorDependencies, deadline: Deadline): Promise<void> {
  const startedMs = deps.clock();
  const { open, runs, unreadable } = await deps.store.load();
  const looks = await lookAll(deps, open, deadline);
  const before = runs?.failures ?? {};
  const failures = nextFailures(before, new Map([...looks].map(([check, found]) => [check, found !== undefined])));
  if (JSON.stringify(failures) !== JSON.stringify(before)) await deps.store.saveFailures(runs, failures, deadline);
  const findings = new Map([...looks, [BLINDNESS, complete(blindChecks(failures))] as const]);
  const left = await settle(deps, { open, unreadable }, findings, deadline);
  deps.metrics.count('MonitorRan');
  deps.metrics.count('MonitorMilliseconds', deps.clock() - startedMs);
  deps.metrics.count('ConditionsOpen', left.open);
  deps.log.write('MONITOR_RAN', { checks: looks.size, blind: Object.keys(failures), ...left });
}

/** What each check found; undefined: it got no facts. */
async function lookAll(
  { checks, clock, log, metrics, timer }: MonitorDependencies,
  open: readonly Condition[],
  deadline: Deadline,
): Promise<ReadonlyMap<string, Findings | undefined>> {
  const looks = checks.map(async (check): Promise<readonly [string, Findings | undefined]> => {
    const own = open.filter((condition) => condition.check === check.name);
    const limitMs = deadline.capMs(LOOK_MS);
    try {
      const ask = { nowMs: clock(), open: own, deadline: Deadline.in(limitMs, clock) };
      return [check.name, await lookWithin(check, limitMs, ask, timer)];
    } catch (error) {
      log.write('MONITOR_CHECK_FAILED', { check: check.name, error });
      metrics.count('MonitorCheckFailed');
      return [check.name, undefined];
    }
  });
  return new Map(await Promise.all(looks));
}

/** Steps every condition that was found or is open, of checks that have looked. */
async function settle(
  deps: MonitorDependencies,
  { open, unreadable }: Pick<StoredConditions, 'open' | 'unreadable'>,
  findings: ReadonlyMap<string, Findings | undefined>,
  deadline: Deadline,
): Promise<{ readonly open: number; readonly notStored: number }> {
  const found = new Map<string, FoundCondition>();
  for (const [check, look] of findings)
    for (const raised of look?.raised ?? []) found.set(raised.key, { ...raised, check });
  const unknown = [...found.keys()].filter((key) => !open.some((condition) => condition.key === key));
  const others = await deps.store.get(unknown);
  const known = new Map([...open, ...others.conditions].map((condition) => [condition.key, condition]));
  const skipped = new Set([...unreadable, ...others.unreadable]);
  for (const condition of skipped) {
    deps.log.write('CONDITION_UNREADABLE', { condition });
    deps.metrics.count('ConditionNotStored');
  }
  // A check that is not there any more watches nothing: what it raised is over.
  const canTell = (check: string) => !findings.has(check) || findings.get(check)?.isComplete === true;
  let notStored = skipped.size;
  let openNow = 0;
  for (const key of new Set([...known.keys(), ...found.keys()])) {
    if (skipped.has(key)) continue;
    const before = known.get(key);
    const raised = found.get(key);
    if (raised === undefined && before !== undefined && findings.get(before.check)?.lapsed?.includes(key) === true) {
      const step = before.state === 'open' ? lapsedCondition(before, deps.clock()) : undefined;
      if (!(await stored(deps, before, step, deadline))) notStored += 1;
      continue;
    }
    const isOver = raised === undefined && before !== undefined && canTell(before.check);
    if (!isOver) openNow += 1;
    if (raised === undefined && !isOver) continue;
    const step = stepCondition(before, raised, deps.clock(), deps.coolDownMs);
    if (!(await stored(deps, before, step, deadline))) notStored += 1;
  }
  return { open: openNow, notStored };
}

/** Whether the condition is stored as it should be; else the next run tries again. */
async function stored(
  deps: MonitorDependencies,
  before: Condition | undefined,
  step: ConditionStep | undefined,
  deadline: Deadline,
): Promise<boolean> {
  if (step === undefined) return true;
  const nowMs = deps.clock();
  const { after, notice } = step;
  const alert = notice === undefined ? undefined : conditionAlert(deps.newId('alr'), after, notice, nowMs);
  try {
    await deps.store.save(before, after, alert, deadline);
  } catch (error) {
    // Another run looked a moment ago, and has told what there is to tell.
    if (error instanceof Raced) return true;
    deps.log.write('CONDITION_NOT_STORED', { condition: after.key, error });
    deps.metrics.count('ConditionNotStored');
    return false;
  }
  deps.log.write('CONDITION_CHANGED', { condition: after.key, state: after.state, notice: notice ?? null });
  if (alert !== undefined) reportAlert(deps, alert);
  return true;
}
