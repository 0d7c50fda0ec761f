import { reportAlert } from '#shared/alerts/record-alert.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { idOf } from '#shared/platform/ids.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { type Condition, stepCondition } from '../condition.ts';
import { conditionAlert } from '../condition-alert.ts';
import type { ConditionStore } from '../condition-store.ts';
import { type AlarmEvent, type AlarmLook, lookOfAlarm } from './alarm-event.ts';

/** What receiving changes of alarms needs. */
export interface ReceiveAlarmDependencies {
  readonly store: Pick<ConditionStore, 'get' | 'save'>;
  readonly coolDownMs: number;
  /** The prefix of the stage's names: `haven-production-`. */
  readonly prefix: string;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Another event of the alarm, and the monitor, may store its condition meanwhile: more at once would be a bug. */
const MAX_RACES = 5;

/**
 * Opens or ends the condition of an alarm, as its event says, with the alert that tells of it. EventBridge may bring an event twice, late, or after the
 * next one: one that is older than what is stored changes nothing.
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
  { key, raised, atMs }: AlarmLook,
  deadline: Deadline,
): Promise<boolean> {
  const { conditions, unreadable } = await deps.store.get([key]);
  if (unreadable.length > 0) throw new Error(`The condition ${key} cannot be read`);
  const [before] = conditions;
  if (before !== undefined && atMs < changedMs(before)) return false;
  const step = stepCondition(before, raised, atMs, deps.coolDownMs);
  if (step === undefined) return false;
  const { after, notice } = step;
  const alert = notice === undefined ? undefined : conditionAlert(idOf('alr', atMs, id), after, notice, atMs);
  await deps.store.save(before, after, alert, deadline);
  deps.log.write('CONDITION_CHANGED', { condition: key, state: after.state, notice: notice ?? null });
  if (alert !== undefined) reportAlert(deps, alert);
  return true;
}

/** When the alarm last changed, as far as was heard: it may have sounded anew while the event of its end was under way. */
function changedMs({ opened_at, resolved_at, details }: Condition): number {
  const times = [opened_at, resolved_at, details['changed_at']].map((at) => Date.parse(String(at)));
  return Math.max(...times.filter((ms) => !Number.isNaN(ms)));
}
