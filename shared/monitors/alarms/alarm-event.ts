import * as z from 'zod';
import { type AlarmAlert, readAlarmDescription } from '#shared/alerts/alarms/alarm-description.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { FoundCondition } from '../condition.ts';
import { ALARMS } from './alarms.ts';

/** Characters of a reason that are kept: CloudWatch names every datapoint in it. */
const MAX_REASON_CHARS = 500;
/** Characters of an alert's summary. */
const MAX_SUMMARY_CHARS = 300;
/** Characters of a condition's key. */
const MAX_KEY_CHARS = 160;

/**
 * EventBridge's event of an alarm's state, as far as it is used
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html).
 */
export const alarmEventSchema = z.object({
  id: z.string().min(1),
  source: z.literal('aws.cloudwatch'),
  'detail-type': z.literal('CloudWatch Alarm State Change'),
  time: z.string().transform((text, context) => {
    const atMs = Date.parse(text);
    if (!Number.isNaN(atMs)) return atMs;
    context.addIssue({ code: 'custom', message: 'must be a time' });
    return z.NEVER;
  }),
  detail: z.object({
    alarmName: z.string().min(1),
    state: z.object({
      value: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']),
      reason: z.string().default(''),
      /** To the millisecond, where the event's own time is to the second. */
      timestamp: z.string().optional(),
    }),
    configuration: z.object({ description: z.string().default(''), alarmRule: z.string().optional() }).prefault({}),
  }),
});

/** A change of an alarm's state. */
export type AlarmEvent = z.output<typeof alarmEventSchema>;

/** What a change of an alarm's state says of the alarm's condition. */
export interface AlarmLook {
  /** Its condition, whether it begins or ends. */
  readonly found: FoundCondition;
  readonly isOver: boolean;
  /** When the state changed, in milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/**
 * What a change of an alarm's state says. Missing data say nothing: an alarm that sounded is neither over nor begins anew.
 *
 * @param prefix of the stage's names
 * @returns undefined for what nobody is to hear of: missing data, an alarm that raises no alert
 */
export function lookOfAlarm({ time, detail }: AlarmEvent, prefix: string): AlarmLook | undefined {
  const { alarmName, state, configuration } = detail;
  const { text, alert } = readAlarmDescription(configuration.description) ?? {
    text: configuration.description,
    alert: unknownAlarm(configuration),
  };
  if (alert === 'none' || state.value === 'INSUFFICIENT_DATA') return undefined;
  const name = alarmName.startsWith(prefix) ? alarmName.slice(prefix.length) : alarmName;
  const key = `alarm:${name}`.slice(0, MAX_KEY_CHARS);
  const exactMs = Date.parse(state.timestamp ?? '');
  const atMs = Number.isNaN(exactMs) ? time : exactMs;
  return {
    found: {
      key,
      check: ALARMS,
      category: 'alarm',
      severity: alert,
      summary: `${name}. ${text}`.slice(0, MAX_SUMMARY_CHARS).trimEnd(),
      details: {
        alarm: alarmName,
        state: state.value,
        reason: state.reason.slice(0, MAX_REASON_CHARS),
        changed_at: isoTime(atMs),
      },
    },
    isOver: state.value === 'OK',
    atMs,
  };
}

/** An alarm that says nothing of itself is loud; one on other alarms is made for what customers feel only. */
function unknownAlarm({ alarmRule }: AlarmEvent['detail']['configuration']): AlarmAlert {
  return alarmRule === undefined ? 'ERROR' : 'CRITICAL';
}
