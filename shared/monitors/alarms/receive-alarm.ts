import { reportAlert } from '#shared/alerts/record-alert.ts';
import type { Clock } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { idOf } from '#shared/platform/ids.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { type Condition, overBefore, stepCondition } from '../condition.ts';
import { conditionAlert } from '../condition-alert.ts';
import type { ConditionStore } from '../condition-store.ts';
import { type AlarmEvent, type AlarmLook, lookOfAlarm } from './alarm-event.ts';

/** What receiving changes of alarms needs. */
export interface ReceiveAlarmDependencies {
  readonly store: Pick<ConditionStore, 'get' | 'save'>;
  readonly coolDownMs: number;
  readonly clock: Clock;
  /** The prefix of the stage's names: `haven-production-`. */
  readonly prefix: string;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** A change of so much later than now is no event of CloudWatch: believed, it would have all that come after it taken for old ones. */
const MAX_AHEAD_MS = 5 * 60_000;

/** Another event of the alarm, and the monitor, may store its condition meanwhile: more at once would be a bug. */
const MAX_RACES = 5;

/**
 * Opens or ends the condition of an alarm, as its event says, with the alert that tells of it. EventBridge may bring an event twice, late, or after the
 * next one: one that is older than what is stored changes nothing, and every end is stored, also of what nobody had heard the beginning of.
 *
 * @throws DATABASE_ERROR and the like when it is not on record; the event comes again
 */
export async function receiveAlarm(
  deps: ReceiveAlarmDependencies,
  event: AlarmEvent,
  deadline: Deadline,
): Promise<void> {
  const facts = { alarm: event.detail.alarmName, state: event.detail.state.value };
  const look = lookOfAlarm(event, deps.prefix);
  if (look === undefined) {
    deps.log.write('ALARM_NOT_TOLD', facts);
    return;
  }
  for (let race = 1; ; race += 1) {
    try {
      if (!(await applied(deps, event, look, deadline))) deps.log.write('ALARM_KNOWN', facts);
      return;
    } catch (error) {
      if (!(error instanceof Raced) || race === MAX_RACES) throw error;
    }
  }
}

/** Whether the event changed anything. */
async function applied(
  deps: ReceiveAlarmDependencies,
  { id }: AlarmEvent,
  { found, isOver, atMs }: AlarmLook,
  deadline: Deadline,
): Promise<boolean> {
  const { key } = found;
  if (atMs > deps.clock() + MAX_AHEAD_MS) throw new Error(`An event of the alarm ${key} is of a time to come`);
  const { conditions, unreadable } = await deps.store.get([key]);
  if (unreadable.length > 0) throw new Error(`The condition ${key} cannot be read`);
  const [before] = conditions;
  if (before !== undefined && isKnown(before, isOver, atMs)) return false;
  const step = isOver
    ? (stepCondition(before, undefined, atMs, deps.coolDownMs) ?? overBefore(before, found, atMs))
    : stepCondition(before, found, atMs, deps.coolDownMs);
  if (step === undefined) return false;
  const { after, notice } = step;
  const alert = notice === undefined ? undefined : conditionAlert(idOf('alr', atMs, id), after, notice, atMs);
  await deps.store.save(before, after, alert, deadline);
  deps.log.write('CONDITION_CHANGED', { condition: key, state: after.state, notice: notice ?? null });
  if (alert !== undefined) reportAlert(deps, alert);
  return true;
}

/** Whether the condition has this change already, or a later one. Of two of the same moment the beginning is taken for the later: it is the louder. */
function isKnown(before: Condition, isOver: boolean, atMs: number): boolean {
  const knownMs = changedMs(before);
  return atMs < knownMs || (atMs === knownMs && (isOver || before.state === 'open'));
}

/** When the alarm last changed, as far as was heard: it may have sounded anew while the event of its end was under way. */
function changedMs({ opened_at, resolved_at, details }: Condition): number {
  const times = [opened_at, resolved_at, details['changed_at']].map((at) => Date.parse(String(at)));
  return Math.max(...times.filter((ms) => !Number.isNaN(ms)));
}
