import { describe, expect, it } from 'vitest';
import { GIVE_UP_AFTER_MS } from '#shared/alerts/delivery/delivery.ts';
import { failing, failure, alertId as id, SCHEDULED, tellingBench } from '#test/support/fakes/alert-bench.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';

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

  it('that one process has read of and another has not yet is waited for as long as that may take', async () => {
    const { email, pager, ...bench } = tellingBench();
    pager.onCall(failing({ unwell: false }));
    const { id: alertId } = bench.record();
    await bench.run();
    bench.configure([email]);
    bench.clock.advance(30_000);
    await bench.run();
    expect(bench.delivery(alertId, 'webhook:pager')).toMatchObject({ status: 'waiting', attempts: 1 });
    bench.configure([email, pager]);
    pager.onCall(async () => undefined);
    bench.clock.advance(60_000);
    await bench.run();
    expect(bench.delivery(alertId, 'webhook:pager')).toMatchObject({ status: 'delivered', attempts: 2 });
  });

  it('that can not be read is looked for less and less often, by each alert that the others have told', async () => {
    const { email, pager, ...bench } = tellingBench();
    bench.configure([email], false);
    for (let number = 0; number < 5; number += 1) bench.record({ id: id(number), dedupe_key: `thing-${number}` });
    await bench.run();
    let writes = 0;
    const counting = bench.notifier((request, answer) => {
      if (request.operation === 'TransactWriteItems') writes += 1;
      return answer();
    });
    const minutes = 6 * 60;
    for (let minute = 0; minute < minutes; minute += 1) {
      bench.clock.advance(60_000);
      await counting(SCHEDULED, lambdaContext(60_000));
    }
    expect(writes / 5).toBeLessThan(20);
    bench.configure([email, pager]);
    bench.clock.advance(30 * 60_000);
    await bench.run();
    expect([email.calls.length, pager.calls.length]).toEqual([5, 5]);
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
