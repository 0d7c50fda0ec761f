import * as z from 'zod';
import { isoTime } from '#shared/platform/clock.ts';
import { idOf } from '#shared/platform/ids.ts';
import type { Alert } from '../alert.ts';
import { type AlarmAlert, readAlarmDescription } from './alarm-description.ts';

/** Characters of a reason that are kept: CloudWatch names every datapoint in it. */
const MAX_REASON_CHARS = 500;
/** Characters of an alert's summary. */
const MAX_SUMMARY_CHARS = 300;

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
    state: z.object({ value: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']), reason: z.string().default('') }),
    previousState: z.object({ value: z.string() }).optional(),
    configuration: z.object({ description: z.string().default(''), alarmRule: z.string().optional() }).prefault({}),
  }),
});

/** A change of an alarm's state. */
export type AlarmEvent = z.output<typeof alarmEventSchema>;

/**
 * The alert that a change of an alarm's state is worth. The same event gives the same alert, id included.
 *
 * @param prefix of the stage's names
 * @returns undefined for what nobody is to hear of: missing data, an end of what never sounded, an alarm that raises no alert
 */
export function alertOfAlarm({ id, time, detail }: AlarmEvent, prefix: string): Alert | undefined {
  const { alarmName, state, previousState, configuration } = detail;
  const { text, alert } = readAlarmDescription(configuration.description) ?? {
    text: configuration.description,
    alert: unknownAlarm(configuration),
  };
  if (alert === 'none' || state.value === 'INSUFFICIENT_DATA') return undefined;
  const isOver = state.value === 'OK';
  if (isOver && previousState?.value !== 'ALARM') return undefined;
  const name = alarmName.startsWith(prefix) ? alarmName.slice(prefix.length) : alarmName;
  const key = `alarm:${name}`.slice(0, MAX_KEY_CHARS);
  return {
    id: idOf('alr', time, id),
    severity: isOver ? 'INFO' : alert,
    category: 'alarm',
    summary: `${isOver ? 'Over' : 'Alarm'}: ${name}. ${text}`.slice(0, MAX_SUMMARY_CHARS).trimEnd(),
    details: { alarm: alarmName, state: state.value, reason: state.reason.slice(0, MAX_REASON_CHARS) },
    // Of its own: as the lesser of two of one thing, the end would be counted and not told.
    dedupe_key: isOver ? `${key}:over` : key,
    occurred_at: isoTime(time),
  };
}

/** A dedupe key takes 200; its end has room for `:over`. */
const MAX_KEY_CHARS = 190;

/** An alarm that says nothing of itself is loud; one on other alarms is made for what customers feel only. */
function unknownAlarm({ alarmRule }: AlarmEvent['detail']['configuration']): AlarmAlert {
  return alarmRule === undefined ? 'ERROR' : 'CRITICAL';
}
