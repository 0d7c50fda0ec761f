import type { Alert } from '#shared/alerts/alert.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { ALARMS } from './alarms/alarms.ts';
import type { Condition, Notice } from './condition.ts';

/** What a summary of an alert may have. */
const MAX_SUMMARY = 300;
const MINUTE_MS = 60_000;

type Words = Readonly<Record<Notice, string>>;

const WORDS: Words = { opened: '', graver: 'Worse: ', repeated: 'Still: ', resolved: 'Resolved: ' };
/** Of alarms, whose texts say what is wrong without saying that it is an alarm. */
const ALARM_WORDS: Words = { ...WORDS, opened: 'Alarm: ', resolved: 'Over: ' };

/**
 * The alert of a notice of a condition. Each notice has a dedupe key of its own, because what tells alerts has a cool-down by that
 * key: a repeat that is no graver than the first, and a resolution, which is less grave, would be counted there and never told. How
 * often a condition is told is decided here, by `stepCondition`, and nowhere else. A notice whose write is repeated is the same notice,
 * so the key also keeps one that was stored twice by rival runs from being told twice. A resolution goes to whoever wanted to hear of the gravest
 * that was told, though it is none of that gravity itself.
 *
 * @param after the condition as it is stored with the notice
 */
export function conditionAlert(id: string, after: Condition, notice: Notice, nowMs: number): Alert {
  const { key, category, severity, summary, details, opened_at, notices, told, gravest_told } = after;
  const words = after.check === ALARMS ? ALARM_WORDS : WORDS;
  const isOver = notice === 'resolved';
  const routed_as = isOver ? (gravest_told ?? told?.severity) : undefined;
  return {
    id,
    severity: isOver ? 'INFO' : severity,
    ...(routed_as === undefined ? {} : { routed_as }),
    category,
    summary: `${words[notice]}${summary}`.slice(0, MAX_SUMMARY),
    details: {
      ...details,
      condition: key,
      notice,
      number_of_notice: notices,
      open_since: opened_at,
      open_minutes: Math.floor((nowMs - Date.parse(opened_at)) / MINUTE_MS),
    },
    dedupe_key: `${key}@${opened_at}#${notices}`,
    occurred_at: isoTime(nowMs),
  };
}
