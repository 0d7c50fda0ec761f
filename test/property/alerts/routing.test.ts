import fc from 'fast-check';
import { expect, it } from 'vitest';
import { alertCategorySchema, alertSeveritySchema } from '#shared/alerts/alert.ts';
import { quietUntilMs } from '#shared/alerts/channels/quiet-hours.ts';
import { heldUntilMs, isFor, type Routing, TELL_ALL } from '#shared/alerts/channels/routing.ts';
import { testAlert } from '#test/support/fakes/alert-bench.ts';

const RUNS = { seed: 20_261_122, numRuns: 2_000 };
const HOUR_MS = 3_600_000;
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const timeOfDay = fc
  .integer({ min: 0, max: 1_439 })
  .map((minutes) => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`);
const quietHours = fc
  .record({
    time_zone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'),
    from: timeOfDay,
    to: timeOfDay,
    days: fc.subarray([...DAYS], { minLength: 1 }),
  })
  .filter(({ from, to }) => from !== to);
const severity = fc.constantFrom(...alertSeveritySchema.options);
const category = fc.constantFrom(...alertCategorySchema.options);
const routing: fc.Arbitrary<Routing> = fc.record({
  min_severity: severity,
  severities: fc.option(fc.subarray(alertSeveritySchema.options, { minLength: 1 })),
  categories: fc.option(fc.subarray(alertCategorySchema.options, { minLength: 1 })),
  quiet_hours: fc.option(quietHours),
});
const instant = fc
  .date({ min: new Date('2026-01-01'), max: new Date('2028-01-01'), noInvalidDate: true })
  .map((date) => date.getTime());

it('quiet hours never hold a CRITICAL alert back', () => {
  fc.assert(
    fc.property(routing, instant, (of, nowMs) => {
      expect(heldUntilMs(testAlert({ severity: 'CRITICAL' }), of, nowMs)).toBeUndefined();
    }),
    RUNS,
  );
});

it('quiet hours end within a day and the hour of a changed clock, and are over when they end', () => {
  fc.assert(
    fc.property(quietHours, instant, (quiet, nowMs) => {
      const untilMs = quietUntilMs(quiet, nowMs);
      if (untilMs === undefined) return;
      expect(untilMs).toBeGreaterThan(nowMs);
      expect(untilMs - nowMs).toBeLessThanOrEqual(25 * HOUR_MS);
      expect(untilMs % 60_000).toBe(0);
      expect(quietUntilMs(quiet, untilMs)).toBeUndefined();
      // All of what is in between is quiet.
      expect(quietUntilMs(quiet, untilMs - 1)).toBeDefined();
    }),
    RUNS,
  );
});

it('a channel hears of what its filter names and of nothing else', () => {
  fc.assert(
    fc.property(routing, severity, category, (of, grave, about) => {
      const alert = testAlert({ severity: grave, category: about });
      const order = alertSeveritySchema.options;
      const wanted =
        order.indexOf(grave) >= order.indexOf(of.min_severity) &&
        (of.severities ?? order).includes(grave) &&
        (of.categories ?? alertCategorySchema.options).includes(about);
      expect(isFor(alert, { name: 'slack:chn_1', breaker: { name: 'slack:chn_1' }, routing: of })).toBe(wanted);
    }),
    RUNS,
  );
});

it('a channel that hears that something is so hears that it is over, and no other does', () => {
  fc.assert(
    fc.property(routing, severity, category, (of, grave, about) => {
      const channel = { name: 'slack:chn_1', breaker: { name: 'slack:chn_1' }, routing: of };
      const begun = testAlert({ severity: grave, category: about });
      const over = testAlert({ severity: 'INFO', routed_as: grave, category: about });
      expect(isFor(over, channel)).toBe(isFor(begun, channel));
    }),
    RUNS,
  );
});

it('a channel never hears of an alert about itself, and a test of a channel goes to that one alone', () => {
  fc.assert(
    fc.property(routing, severity, (of, grave) => {
      const channel = { name: 'slack:chn_1', breaker: { name: 'slack:chn_1' }, routing: TELL_ALL };
      const about = testAlert({ severity: grave, audience: { except: ['email', 'slack:chn_1'] } });
      expect(isFor(about, channel)).toBe(false);
      const circuit = testAlert({ category: 'circuit_open', details: { circuit: 'slack:chn_1' } });
      expect(isFor(circuit, channel)).toBe(false);
      const test = testAlert({ severity: grave, audience: { only: ['slack:chn_1'] } });
      expect(isFor(test, { ...channel, routing: of })).toBe(true);
      expect(isFor(test, { ...channel, name: 'email' })).toBe(false);
    }),
    RUNS,
  );
});
