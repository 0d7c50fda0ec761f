import * as z from 'zod';
import { isoTime } from '#shared/platform/clock.ts';
import { type Alert, alertSeveritySchema, GRAVITY } from '../alert.ts';

/** What was told last of one thing, as it is stored: by the dedupe key of its alerts. */
export const coolDownSchema = z.object({
  dedupe_key: z.string(),
  /** The alert that was told. */
  alert_id: z.string(),
  severity: alertSeveritySchema,
  /** ISO 8601, UTC: further alerts of no graver severity are counted until then. */
  until: z.string(),
  /** Alerts that were counted and not told since. */
  held_back: z.number().int(),
  version: z.number().int(),
});

/** What was told last of one thing. */
export type CoolDown = z.output<typeof coolDownSchema>;

/** Whether an alert is told, and what is stored with that. */
export interface CoolDownVerdict {
  readonly tell: boolean;
  /** With `tell`: how many of the same were counted and not told since the one before. */
  readonly heldBackBefore: number;
  readonly coolDown: CoolDown;
}

/** Whether an alert would only be counted, for what was told of the same thing. */
export function isCoolingDown(
  alert: Pick<Alert, 'id' | 'severity'>,
  before: CoolDown | undefined,
  nowMs: number,
): boolean {
  return (
    before !== undefined &&
    before.alert_id !== alert.id &&
    nowMs < Date.parse(before.until) &&
    GRAVITY[alert.severity] <= GRAVITY[before.severity]
  );
}

/**
 * Judges an alert by what was told of the same thing before: the first is told, further ones within the cool-down are counted. One
 * that is graver than what was told is told at once. Alerts of different keys have nothing to do with each other.
 *
 * @param before undefined: nothing was ever told of it
 * @param coolDownMs how long after an alert others of its key are held back; 0: none is
 */
export function judgeCoolDown(
  alert: Alert,
  before: CoolDown | undefined,
  coolDownMs: number,
  nowMs: number,
): CoolDownVerdict {
  if (before !== undefined && isCoolingDown(alert, before, nowMs)) {
    const coolDown = { ...before, held_back: before.held_back + 1, version: before.version + 1 };
    return { tell: false, heldBackBefore: 0, coolDown };
  }
  return {
    tell: true,
    heldBackBefore: before?.held_back ?? 0,
    coolDown: {
      dedupe_key: alert.dedupe_key,
      alert_id: alert.id,
      severity: alert.severity,
      until: isoTime(nowMs + coolDownMs),
      held_back: 0,
      version: (before?.version ?? 0) + 1,
    },
  };
}
