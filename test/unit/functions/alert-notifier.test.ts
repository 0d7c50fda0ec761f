import { describe, expect, it } from 'vitest';
import { TELL_ALL } from '#shared/alerts/channels/routing.ts';
import { GIVE_UP_AFTER_MS } from '#shared/alerts/delivery/delivery.ts';
import {
  createAlertBench,
  failing,
  alertId as id,
  type Network,
  SCHEDULED,
  tellingBench,
} from '#test/support/fakes/alert-bench.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { plainItem } from '#test/support/fakes/memory-dynamo.ts';

describe('an alert', () => {
  it('is told to every channel once, and leaves the undelivered with the last of them', async () => {
    const { email, pager, ...bench } = tellingBench();
    const alert = bench.record();
    await bench.wake([alert.id]);
    for (let run = 0; run < 3; run += 1) await bench.run();
    expect([email.calls, pager.calls]).toEqual([[alert.id], [alert.id]]);
    expect(bench.undelivered()).toEqual([]);
    expect(bench.alertRow(alert.id)).toMatchObject({ ...alert, told_status: 'told' });
    expect(bench.delivery(alert.id, 'email')).toMatchObject({
      status: 'delivered',
      attempts: 1,
      latency_ms: 0,
      last_error: null,
      expires_at: bench.alertRow(alert.id)['expires_at'],
    });
    expect(bench.metrics.counts()).toEqual({ AlertDelivered: 2 });
    expect(bench.log.of('ALERT_DELIVERED')).toHaveLength(2);
  });

  it('stays in the list of all, and what it tells of stays as it was recorded', async () => {
    const { email: _, ...bench } = tellingBench();
    const alert = bench.record({ details: { any: ['thing', 1, null] } });
    await bench.run();
    expect(bench.alertRow(alert.id)).toMatchObject({ ...alert, gsi1pk: 'ALERTS', gsi1sk: alert.id });
  });

  it('that one channel fails is told by the others at once, and by that one later', async () => {
    const { email, pager, ...bench } = tellingBench();
    pager.onCall(failing());
    const { id: alertId } = bench.record();
    await bench.run();
    expect(email.calls).toEqual([alertId]);
    expect(bench.undelivered()).toEqual([alertId]);
    expect(bench.delivery(alertId, 'webhook:pager')).toMatchObject({
      status: 'waiting',
      attempts: 1,
      last_error: 'http_503',
    });
    await bench.run();
    expect(pager.calls).toHaveLength(1);

    pager.onCall(async () => undefined);
    bench.clock.advance(15_000);
    await bench.run();
    expect([email.calls, pager.calls]).toEqual([[alertId], [alertId, alertId]]);
    expect(bench.undelivered()).toEqual([]);
    expect(bench.metrics.counts()).toEqual({ AlertDelivered: 2, AlertNotDelivered: 1 });
  });

  it('that a channel never takes is given up after a day, is counted, and leaves the undelivered', async () => {
    const { email, pager, ...bench } = tellingBench();
    // It does not tell of being unwell, or its circuit would open.
    pager.onCall(failing({ reason: 'http_404', unwell: false }));
    const { id: alertId } = bench.record();
    for (let passedMs = 0; passedMs <= GIVE_UP_AFTER_MS; passedMs += 300_000) {
      await bench.run();
      bench.clock.advance(300_000);
    }
    expect(bench.delivery(alertId, 'webhook:pager')).toMatchObject({ status: 'given_up', last_error: 'http_404' });
    expect(bench.undelivered()).toEqual([]);
    expect(bench.alertRow(alertId)).toMatchObject({ told_status: 'told' });
    // The others are told that it keeps failing, and that it was given up.
    expect(email.notices.map(({ alert }) => [alert.id === alertId, alert.severity])).toEqual([
      [true, 'CRITICAL'],
      [false, 'WARNING'],
      [false, 'CRITICAL'],
    ]);
    expect(pager.calls.length).toBeGreaterThan(40);
    expect(bench.metrics.counts()).toMatchObject({ AlertGivenUp: 1 });
    expect(bench.log.of('ALERT_GIVEN_UP')).toMatchObject([
      { alert_id: alertId, channel: 'webhook:pager', reason: 'http_404' },
    ]);
  });

  it('that a channel refuses for good is given up there at once', async () => {
    const { pager, ...bench } = tellingBench();
    pager.onCall(failing({ reason: 'gone', unwell: false, final: true }));
    const { id: alertId } = bench.record();
    await bench.run();
    expect(bench.delivery(alertId, 'webhook:pager')).toMatchObject({ status: 'given_up', attempts: 1 });
    expect(bench.undelivered()).not.toContain(alertId);
  });

  it('is given up when nobody was told of it', async () => {
    const bench = createAlertBench();
    const pager = bench.channel('webhook:pager');
    bench.configure([pager]);
    pager.onCall(failing({ final: true }));
    const { id: alertId } = bench.record();
    await bench.run();
    expect(bench.alertRow(alertId)).toMatchObject({ told_status: 'given_up' });
  });

  it('is told before all that are less grave, and of one severity the oldest first', async () => {
    const bench = createAlertBench();
    const slow = bench.channel('slack:chn_1');
    bench.configure([slow]);
    slow.onCall(failing({ reason: 'http_429', silent: true, unwell: false, retryAfterMs: 1 }));
    const severities = ['INFO', 'INFO', 'WARNING', 'INFO', 'ERROR', 'WARNING', 'INFO', 'CRITICAL'] as const;
    for (const [number, severity] of severities.entries()) {
      bench.record({ id: id(number), dedupe_key: `thing-${number}`, severity });
      bench.clock.advance(1);
    }
    await bench.run();
    bench.clock.advance(60_000);
    const before = slow.calls.length;
    slow.onCall(async () => undefined);
    await bench.run();
    expect(slow.calls.slice(before)).toEqual([7, 4, 2, 5, 0, 1, 3, 6].map(id));
  });

  it('for which no channel is set up ends, and says so', async () => {
    const bench = createAlertBench();
    const { id: alertId } = bench.record();
    await bench.run();
    expect(bench.undelivered()).toEqual([]);
    expect(bench.alertRow(alertId)).toMatchObject({ told_status: 'no_channel' });
    expect(bench.log.of('ALERT_WITHOUT_CHANNEL')).toMatchObject([{ alert_id: alertId, severity: 'CRITICAL' }]);
    expect(bench.metrics.counts()).toMatchObject({ AlertWithoutChannel: 1 });
  });

  it('that no channel wants to hear of is counted where it is grave', async () => {
    const bench = createAlertBench();
    bench.configure([bench.channel('slack:chn_1', { ...TELL_ALL, min_severity: 'CRITICAL' })]);
    bench.record({ id: id(1), severity: 'WARNING', dedupe_key: 'a' });
    bench.record({ id: id(2), severity: 'ERROR', dedupe_key: 'b' });
    await bench.run();
    expect([id(1), id(2)].map((one) => bench.alertRow(one)['told_status'])).toEqual(['no_channel', 'no_channel']);
    expect(bench.metrics.counts()).toMatchObject({ AlertWithoutChannel: 1 });
  });

  it('whose row can not be read stops no other, and stays', async () => {
    const { email, ...bench } = tellingBench();
    const broken = bench.record({ id: id(1) });
    bench.dynamo.put('logs', { ...bench.alertRow(broken.id), severity: 'FATAL' });
    const whole = bench.record({ id: id(2) });
    await bench.run();
    expect(email.calls).toEqual([whole.id]);
    expect(bench.undelivered()).toEqual([broken.id]);
    expect(bench.metrics.counts()).toMatchObject({ AlertNotWorked: 1 });
    expect(bench.log.of('ALERT_NOT_WORKED')).toMatchObject([{ alert_id: broken.id }]);
  });

  it('that is told by several runs at once is told once', async () => {
    const { email, pager, ...bench } = tellingBench();
    const { id: alertId } = bench.record();
    await Promise.all([bench.wake([alertId]), bench.run(), bench.wake([alertId]), bench.run()]);
    expect([email.calls, pager.calls]).toEqual([[alertId], [alertId]]);
    expect(bench.undelivered()).toEqual([]);
  });
});

describe('alerts of the same thing', () => {
  it('within the cool-down are counted; the next one that is told says how many', async () => {
    const { email, ...bench } = tellingBench({ coolDownMs: 600_000 });
    for (const number of [1, 2, 3]) bench.record({ id: id(number) });
    await bench.run();
    expect(email.calls).toHaveLength(1);
    expect(bench.undelivered()).toEqual([]);
    expect(bench.metrics.counts()).toMatchObject({ AlertHeldBack: 2 });
    const statuses = [1, 2, 3].map((number) => bench.alertRow(id(number))['told_status']);
    expect(statuses.toSorted()).toEqual(['held_back', 'held_back', 'told']);

    bench.clock.advance(600_000);
    bench.record({ id: id(4) });
    await bench.run();
    expect(email.notices.at(-1)).toMatchObject({ alert: { id: id(4) }, heldBackBefore: 2, stage: 'test' });
  });

  it('hold back no critical one of another thing, however many there are', async () => {
    const { email, ...bench } = tellingBench({ coolDownMs: 600_000 });
    const alerts = Array.from({ length: 50 }, (_, index) =>
      bench.record({ id: id(index), dedupe_key: `thing-${index}` }),
    );
    await bench.run();
    expect(email.calls.toSorted()).toEqual(alerts.map((alert) => alert.id).toSorted());
  });

  it('are judged one after the other, however many there are, so that none is in the way of another', async () => {
    const { email, ...bench } = tellingBench({ coolDownMs: 600_000 });
    for (let number = 0; number < 50; number += 1) bench.record({ id: id(number) });
    await bench.run();
    expect(bench.metrics.counts()).toEqual({ AlertDelivered: 2, AlertHeldBack: 49 });
    expect(bench.undelivered()).toEqual([]);
    expect(email.calls).toHaveLength(1);
  });

  it('that many runs judge at once are judged by the runs after them at the latest, and nobody is told that something is wrong', async () => {
    const { email, ...bench } = tellingBench({ coolDownMs: 600_000 });
    const ids = Array.from({ length: 50 }, (_, number) => bench.record({ id: id(number) }).id);
    await Promise.all(Array.from({ length: 10 }, (_, part) => bench.wake(ids.slice(part * 5, part * 5 + 5))));
    await bench.run();
    expect(bench.metrics.counts()).toEqual({ AlertDelivered: 2, AlertHeldBack: 49 });
    expect(bench.undelivered()).toEqual([]);
    expect(email.calls).toHaveLength(1);
  });

  it('take no more than half of a run: what is planned by then is told', async () => {
    const { email, ...bench } = tellingBench({ coolDownMs: 600_000 });
    for (let number = 0; number < 50; number += 1) bench.record({ id: id(number) });
    const slow: Network = (_request, answer) => {
      bench.clock.advance(1_000);
      return answer();
    };
    await bench.notifier(slow)(SCHEDULED, lambdaContext(200_000));
    expect(email.calls).toHaveLength(1);
    expect(bench.undelivered()).not.toEqual([]);
  });

  it('that are judged at the same moment by several runs are told once, and none is lost from the count', async () => {
    const { email, ...bench } = tellingBench({ coolDownMs: 600_000 });
    const ids = [1, 2, 3, 4, 5].map((number) => bench.record({ id: id(number) }).id);
    await Promise.all(ids.map((alertId) => bench.wake([alertId])));
    expect(email.calls).toHaveLength(1);
    expect(bench.dynamo.items('logs').map((item) => plainItem(item))).toContainEqual(
      expect.objectContaining({ pk: 'ALERT_COOL_DOWN#thing-1', held_back: 4 }),
    );
  });
});

describe('a run', () => {
  it('begins no call that it has no time for, and leaves time to store what the others came to', async () => {
    const { email, ...bench } = tellingBench();
    bench.record();
    await bench.run(8_500);
    expect(email.calls).toEqual([]);
    let leftMs = 0;
    email.onCall(async (_notice, deadline) => {
      leftMs = deadline.remainingMs();
    });
    await bench.run(12_000);
    expect([email.calls.length, leftMs]).toEqual([1, 8_000]);
  });

  it('passes over what is not due', async () => {
    const { email, ...bench } = tellingBench();
    bench.record({ occurred_at: new Date(bench.clock.now() + 1_000).toISOString() });
    await bench.run();
    expect(email.calls).toEqual([]);
  });

  it.each([
    ['of another table', { dynamodb: { Keys: { pk: { S: 'WALLET#1' } } } }],
    ['without keys', { dynamodb: {} }],
    ['that is none', 'x'],
  ])('leaves a record %s alone, and says so', async (_what, record) => {
    const { email, ...bench } = tellingBench();
    bench.record();
    await bench.notifier()({ Records: [record] }, lambdaContext(60_000));
    expect(email.calls).toEqual([]);
    expect(bench.log.of('ALERT_WAKE_UNREADABLE')).toHaveLength(1);
  });

  it('of the schedule looks at the channels even with nothing to tell: what is wrong with one is known before it is needed', async () => {
    const { email: _, ...bench } = tellingBench();
    let looks = 0;
    bench.configure(() => {
      looks += 1;
    });
    await bench.run();
    expect(looks).toBe(1);
  });

  it('with nothing to do says nothing', async () => {
    const bench = tellingBench();
    await bench.run();
    expect(bench.log.lines).toEqual([]);
  });
});
