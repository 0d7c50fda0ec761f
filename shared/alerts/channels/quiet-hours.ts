import * as z from 'zod';

/** Days of the week as people write them in settings, from Sunday on as JavaScript counts them. */
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const timeOfDayField = z
  .string({ error: 'INVALID_PARAMETER: must be a time of the day as 22:00' })
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'INVALID_PARAMETER: must be a time of the day as 22:00' });

/** When a channel is to be left in peace: each day that it names from a time on, until the next time that the clock shows another. */
export const quietHoursSchema = z
  .strictObject({
    time_zone: z
      .string()
      .max(64)
      .refine(isTimeZone, { error: 'INVALID_PARAMETER: must be a time zone of the IANA database, as Europe/Berlin' })
      .meta({ examples: ['Europe/Berlin'] }),
    from: timeOfDayField.meta({ examples: ['22:00'] }),
    to: timeOfDayField.describe('Of the next day when it is earlier than `from`.').meta({ examples: ['07:00'] }),
    days: z
      .array(z.enum(DAYS))
      .min(1)
      .max(DAYS.length)
      .default([...DAYS])
      .describe('Days on which quiet hours begin.'),
  })
  // A day without an end would hold back for good.
  .refine(({ from, to }) => from !== to, { error: 'INVALID_PARAMETER: must not begin and end at the same time' });

/** When a channel is to be left in peace. */
export type QuietHours = z.output<typeof quietHoursSchema>;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
/** Windows that follow each other without a gap, one for each day of a week and one more: a channel is left in peace no longer. */
const MAX_WINDOWS = 8;

/**
 * Until when quiet hours last that are going on now.
 *
 * @returns milliseconds since the Unix epoch; undefined when there are none now
 */
export function quietUntilMs(quiet: QuietHours, nowMs: number): number | undefined {
  if (!isQuiet(quiet, nowMs)) return undefined;
  let atMs = nowMs;
  for (let windows = 0; windows < MAX_WINDOWS && isQuiet(quiet, atMs); windows += 1) atMs = nextTime(quiet, atMs);
  return atMs;
}

function isQuiet({ time_zone, from, to, days }: QuietHours, atMs: number): boolean {
  const { day, minutes } = localTime(time_zone, atMs);
  const [begin, end] = [minutesOf(from), minutesOf(to)];
  const begins = (candidate: number) => days.some((name) => DAYS.indexOf(name) === candidate);
  if (begin < end) return minutes >= begin && minutes < end && begins(day);
  return (minutes >= begin && begins(day)) || (minutes < end && begins((day + DAYS.length - 1) % DAYS.length));
}

/** When the clock there next shows the end. Where it is put forward or back in between, the second look makes up for that. */
function nextTime({ time_zone, to }: QuietHours, atMs: number): number {
  const end = minutesOf(to);
  const wholeMinuteMs = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
  const ahead = (end - localTime(time_zone, atMs).minutes + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
  const guessMs = wholeMinuteMs + ahead * MINUTE_MS;
  const off = end - localTime(time_zone, guessMs).minutes;
  const nearest = off > DAY_MINUTES / 2 ? off - DAY_MINUTES : off < -DAY_MINUTES / 2 ? off + DAY_MINUTES : off;
  const mendedMs = guessMs + nearest * MINUTE_MS;
  return mendedMs > atMs ? mendedMs : guessMs;
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

const DAY_NUMBERS = new Map<string, number>(DAYS.map((name, number) => [name, number]));

const formats = new Map<string, Intl.DateTimeFormat>();

function localTime(timeZone: string, atMs: number): { readonly day: number; readonly minutes: number } {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  formats.set(timeZone, format);
  const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
  return {
    day: DAY_NUMBERS.get(parts['weekday']?.toLowerCase() ?? '') ?? 0,
    minutes: Number(parts['hour']) * 60 + Number(parts['minute']),
  };
}
