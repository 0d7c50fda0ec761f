import { describe, expect, it } from 'vitest';
import { type QuietHours, quietHoursSchema, quietUntilMs } from '#shared/alerts/channels/quiet-hours.ts';

const quiet = (change: Partial<QuietHours> = {}) =>
  quietHoursSchema.parse({ time_zone: 'Europe/Berlin', from: '22:00', to: '07:00', ...change });
const until = (hours: QuietHours, at: string) => {
  const untilMs = quietUntilMs(hours, Date.parse(at));
  return untilMs === undefined ? undefined : new Date(untilMs).toISOString();
};

describe('quiet hours', () => {
  it.each([
    ['before they begin', {}, '2026-11-22T20:59:59.999Z', undefined],
    ['when they begin', {}, '2026-11-22T21:00:00.000Z', '2026-11-23T06:00:00.000Z'],
    ['in the middle of the night', {}, '2026-11-23T02:30:15.123Z', '2026-11-23T06:00:00.000Z'],
    ['when they have ended', {}, '2026-11-23T06:00:00.000Z', undefined],
    ['within a day', { from: '12:00', to: '13:00' }, '2026-11-23T11:30:00.000Z', '2026-11-23T12:00:00.000Z'],
    ['on another day', { days: ['sat', 'sun'] }, '2026-11-23T22:00:00.000Z', undefined],
    [
      'after midnight of a day that they began on',
      { days: ['sun'] },
      '2026-11-23T05:00:00.000Z',
      '2026-11-23T06:00:00.000Z',
    ],
    ['after midnight of a day that they did not begin on', { days: ['mon'] }, '2026-11-23T05:00:00.000Z', undefined],
    [
      'where the clock is half an hour off',
      { time_zone: 'Asia/Kolkata' },
      '2026-11-22T17:00:00Z',
      '2026-11-23T01:30:00.000Z',
    ],
    ['in the night in which clocks are put forward', {}, '2026-03-28T23:00:00.000Z', '2026-03-29T05:00:00.000Z'],
    ['in the night in which clocks are put back', {}, '2026-10-24T22:00:00.000Z', '2026-10-25T06:00:00.000Z'],
  ] as const)('%s', (_when, change, at, end) => {
    expect(until(quiet({ ...change, days: 'days' in change ? [...change.days] : quiet().days }), at)).toBe(end);
  });

  it.each([
    ['a zone that there is none', { time_zone: 'Mars/Olympus' }],
    ['a time that no clock shows', { from: '24:00' }],
    ['no end', { from: '07:00' }],
    ['no day', { days: [] }],
  ])('are refused with %s', (_what, change) => {
    const given = { time_zone: 'UTC', from: '22:00', to: '07:00', ...change };
    expect(quietHoursSchema.safeParse(given).success).toBe(false);
  });
});
