import type { Context } from 'aws-lambda';
import { alarmEventSchema } from '#shared/monitors/alarms/alarm-event.ts';
import { type ReceiveAlarmDependencies, receiveAlarm } from '#shared/monitors/alarms/receive-alarm.ts';
import { Deadline } from '#shared/platform/deadline.ts';

/** Left over for Lambda's own end. */
const DEADLINE_MARGIN_MS = 1_000;

/**
 * Makes the function that opens and ends conditions as alarms change: EventBridge calls it with each. What it can't read or store it throws at, so that
 * Lambda tries again and keeps it in the end.
 */
export function createHandler(deps: ReceiveAlarmDependencies) {
  return async (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    await receiveAlarm(deps, alarmEventSchema.parse(event), deadline);
  };
}
