import { describe, expect, it } from 'vitest';
import { quietHoursSchema } from '#shared/alerts/channels/quiet-hours.ts';
import { TELL_ALL } from '#shared/alerts/channels/routing.ts';
import { createAlertBench, failing, alertId as id } from '#test/support/fakes/alert-bench.ts';

/** It is 18:30 in UTC when a bench begins. */
const QUIET = quietHoursSchema.parse({ time_zone: 'UTC', from: '18:00', to: '07:00' });
const UNTIL = '2026-11-22T07:00:00.000Z';

function bench() {
  const made = createAlertBench();
  const night = made.channel('slack:chn_1', { ...TELL_ALL, quiet_hours: QUIET });
  const always = made.channel('email');
  made.configure([night, always]);
  return { ...made, night, always };
}

describe('a channel with quiet hours', () => {
  it('hears of each alert of them when they end, once, and of CRITICAL ones at once', async () => {
    const { night, always, ...test } = bench();
    const waiting = [1, 2].map((number) =>
      test.record({ id: id(number), dedupe_key: `thing-${number}`, severity: 'ERROR' }),
    );
    const critical = test.record({ id: id(3), dedupe_key: 'thing-3' });
    await test.run();
    expect(night.calls).toEqual([critical.id]);
    expect(always.calls).toHaveLength(3);
    expect(test.delivery(id(1), 'slack:chn_1')).toMatchObject({
      status: 'waiting',
      attempts: 0,
      next_attempt_at: UNTIL,
      held_until: UNTIL,
      last_error: null,
    });
    // It is no failure that anybody is alarmed by.
    expect(test.metrics.counts()).toEqual({ AlertDelivered: 4 });

    test.clock.advance(Date.parse(UNTIL) - test.clock.now() - 1);
    await test.run();
    expect(night.calls).toHaveLength(1);
    test.clock.advance(1);
    await test.run();
    await test.run();
    expect([...night.calls].sort()).toEqual([...waiting, critical].map((alert) => alert.id).sort());
    expect(test.undelivered()).toEqual([]);
  });

  it('has the whole day for an alert that waited for their end', async () => {
    const { night, ...test } = bench();
    night.onCall(failing({ reason: 'http_404', unwell: false }));
    const { id: alertId } = test.record({ severity: 'ERROR' });
    await test.run();
    test.clock.advance(Date.parse(UNTIL) - test.clock.now() + 11 * 3_600_000 - 60_000);
    await test.run();
    expect(test.delivery(alertId, 'slack:chn_1')).toMatchObject({ status: 'waiting', attempts: 1 });
  });

  it('is not called again in them for what failed before', async () => {
    const { night, ...test } = bench();
    test.clock.advance(-30 * 60_000 - 5_000);
    night.onCall(failing({ reason: 'http_404', unwell: false }));
    const { id: alertId } = test.record({ severity: 'ERROR' });
    await test.run();
    test.clock.advance(60_000);
    await test.run();
    expect(test.delivery(alertId, 'slack:chn_1')).toMatchObject({ attempts: 1, held_until: UNTIL });
  });
});

it('what asks to be left alone is, and no other alert is tried there in the same run', async () => {
  const { always, night: _, ...test } = bench();
  always.onCall(failing({ reason: 'http_429', unwell: true, silent: true, retryAfterMs: 600_000 }));
  for (let number = 0; number < 20; number += 1) test.record({ id: id(number), dedupe_key: `thing-${number}` });
  await test.run();
  expect(always.calls.length).toBeLessThanOrEqual(4);
  expect(test.delivery(always.calls[0] ?? '', 'email')).toMatchObject({
    status: 'waiting',
    next_attempt_at: new Date(test.clock.now() + 600_000).toISOString(),
  });
});
