import { ALARMS } from '../alarms/alarms.ts';
import { type Check, complete } from '../check.ts';

/**
 * Keeps alarms of CloudWatch that sound: events open and end them (`receiveAlarm`), and what no event has ended is still so. No call. It is what
 * repeats an alarm that lasts, and tells one that came back too often to be told at once and then stayed.
 */
export function alarmsCheck(): Check {
  return {
    name: ALARMS,
    async look(_nowMs, open) {
      return complete(
        open.map(({ key, category, severity, summary, details }) => ({ key, category, severity, summary, details })),
      );
    },
  };
}
