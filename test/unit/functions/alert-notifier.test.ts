import { describe, expect, it } from 'vitest';
import { DeliveryFailed } from '#shared/alerts/delivery/channel.ts';
import { GIVE_UP_AFTER_MS } from '#shared/alerts/delivery/delivery.ts';
import { createAlertBench, tellingBench } from '#test/support/fakes/alert-bench.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { plainItem } from '#test/support/fakes/memory-dynamo.ts';

const id = (number: number) => `alr_${String(number).padStart(26, '0')}`;
const failure = (change: Partial<DeliveryFailed> = {}) =>
  new DeliveryFailed({ reason: 'http_503', unwell: true, final: false, silent: false, ...change });
const failing = (change?: Partial<DeliveryFailed>) => async () => {
  throw failure(change);
};

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
    expect(email.calls).toHaveLength(1);
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
    expect(bench.undelivered()).toEqual([]);
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

  it('for which no channel is set up ends, and says so', async () => {
    const bench = createAlertBench();
    const { id: alertId } = bench.record();
    await bench.run();
    expect(bench.undelivered()).toEqual([]);
    expect(bench.alertRow(alertId)).toMatchObject({ told_status: 'no_channel' });
    expect(bench.log.of('ALERT_WITHOUT_CHANNEL')).toMatchObject([{ alert_id: alertId, severity: 'CRITICAL' }]);
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

describe('a channel', () => {
  it('that hangs delays no other: the others have told before it ends, and it is asked once a run', async () => {
    const { email, pager, ...bench } = tellingBench();
    const alerts = Array.from({ length: 20 }, (_, index) =>
      bench.record({ id: id(index), dedupe_key: `thing-${index}` }),
    );
    const hanging = Promise.withResolvers<void>();
    const othersDone = Promise.withResolvers<void>();
    pager.onCall(() => hanging.promise);
    email.onCall(async () => {
      if (email.calls.length === alerts.length) othersDone.resolve();
    });
    const run = bench.run();
    await othersDone.promise;
    expect(pager.calls).toHaveLength(4);
    hanging.reject(failure({ reason: 'timed_out', silent: true }));
    await run;
    expect(pager.calls).toHaveLength(4);
    expect(bench.log.of('ALERT_NOT_DELIVERED')).toHaveLength(4);
  });

  it('that keeps failing is left alone by its circuit, which uses up no attempts; reset, it hears of everything', async () => {
    const { email, pager, ...bench } = tellingBench();
    pager.onCall(failing());
    for (let number = 0; number < 5; number += 1) bench.record({ id: id(number), dedupe_key: `thing-${number}` });
    await bench.run();
    const circuit = bench.breakers.of('webhook:pager');
    expect((await circuit.standing()).standing).toBe('refuse');
    expect(bench.log.of('CIRCUIT_OPENED')).toMatchObject([
      { circuit: 'webhook:pager', cause: 'DeliveryFailed (http_503)' },
    ]);
    const late = bench.record({ id: id(9), dedupe_key: 'late' });
    await bench.run();
    expect([email.calls.length, pager.calls.length]).toEqual([6, 5]);
    expect(bench.delivery(late.id, 'webhook:pager')).toMatchObject({
      status: 'waiting',
      attempts: 0,
      last_error: 'circuit_open',
      next_attempt_at: new Date(bench.clock.now() + 30_000).toISOString(),
    });

    pager.onCall(async () => undefined);
    for (let minutes = 0; minutes < 3; minutes += 1) {
      bench.clock.advance(60_000);
      await bench.run();
    }
    expect((await circuit.standing()).standing).toBe('pass');
    expect(bench.undelivered()).toEqual([]);
    expect(email.calls).toHaveLength(6);
  });

  it('whose answers say that it dislikes what it is sent keeps its circuit closed', async () => {
    const { pager, ...bench } = tellingBench();
    pager.onCall(failing({ reason: 'http_404', unwell: false }));
    for (let number = 0; number < 10; number += 1) bench.record({ id: id(number), dedupe_key: `thing-${number}` });
    await bench.run();
    expect((await bench.breakers.of('webhook:pager').standing()).standing).toBe('pass');
    expect(pager.calls).toHaveLength(10);
  });

  it('that is half open gets as many calls as it lets through, and the others wait without using an attempt', async () => {
    const { pager, ...bench } = tellingBench();
    pager.onCall(failing());
    for (let number = 0; number < 8; number += 1) bench.record({ id: id(number), dedupe_key: `thing-${number}` });
    await bench.run();
    const calls = pager.calls.length;
    bench.clock.advance(60_000);
    await bench.run();
    expect(pager.calls.length - calls).toBeLessThanOrEqual(2);
    const attempts = bench.undelivered().map((alertId) => bench.delivery(alertId, 'webhook:pager')['attempts']);
    expect(attempts.reduce<number>((sum, count) => sum + Number(count), 0)).toBe(pager.calls.length);
  });

  it('that was taken away is told nothing, and holds no alert up', async () => {
    const { email, pager, ...bench } = tellingBench();
    pager.onCall(failing({ unwell: false }));
    const { id: alertId } = bench.record();
    await bench.run();
    bench.configure([email]);
    bench.clock.advance(60_000);
    await bench.run();
    expect(bench.delivery(alertId, 'webhook:pager')).toMatchObject({
      status: 'given_up',
      last_error: 'channel_removed',
    });
    expect(bench.undelivered()).toEqual([]);
  });

  it('that can not be read is waited for, a day at most, while the others tell at once', async () => {
    const { email, pager, ...bench } = tellingBench();
    bench.configure([email], false);
    const { id: alertId } = bench.record();
    await bench.run();
    expect(email.calls).toEqual([alertId]);
    expect(bench.undelivered()).toEqual([alertId]);
    bench.clock.advance(60_000);
    bench.configure([email, pager]);
    await bench.run();
    expect([email.calls, pager.calls]).toEqual([[alertId], [alertId]]);
    expect(bench.undelivered()).toEqual([]);

    bench.configure([email], false);
    const other = bench.record({ id: id(2), dedupe_key: 'other' });
    await bench.run();
    bench.clock.advance(GIVE_UP_AFTER_MS + 60_000);
    await bench.run();
    expect(bench.undelivered()).toEqual([]);
    expect(email.calls).toEqual([alertId, other.id]);
  });

  it('that can not be read any more keeps its deliveries waiting', async () => {
    const { email, pager, ...bench } = tellingBench();
    pager.onCall(failing({ unwell: false }));
    const { id: alertId } = bench.record();
    await bench.run();
    bench.configure([email], false);
    bench.clock.advance(60_000);
    await bench.run();
    expect(bench.delivery(alertId, 'webhook:pager')).toMatchObject({
      status: 'waiting',
      attempts: 1,
      last_error: 'channel_unreadable',
    });
  });

  it('whose call fails in a way that nobody foresaw is tried again, and that is said', async () => {
    const { pager, ...bench } = tellingBench();
    pager.onCall(async () => {
      throw new TypeError('a bug');
    });
    const { id: alertId } = bench.record();
    await bench.run();
    expect(bench.delivery(alertId, 'webhook:pager')).toMatchObject({ status: 'waiting', last_error: 'internal_error' });
    expect(bench.metrics.counts()).toMatchObject({ AlertNotWorked: 1 });
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
