import { describe, expect, it } from 'vitest';
import { createAlertBench, failing, alertId as id, tellingBench } from '#test/support/fakes/alert-bench.ts';

const MINUTE_MS = 60_000;
const COOL_DOWN_MS = 30 * MINUTE_MS;

describe('a channel in trouble', () => {
  it('is told of to the others and not to itself, once in a cool-down, however many alerts it does not take', async () => {
    const { email, pager, ...bench } = tellingBench({ coolDownMs: COOL_DOWN_MS });
    pager.onCall(failing({ reason: 'gone', unwell: false, final: true }));
    for (let number = 0; number < 20; number += 1) bench.record({ id: id(number), dedupe_key: `thing-${number}` });
    await bench.run();
    await bench.run();
    const troubles = email.notices.filter(({ alert }) => alert.category === 'alarm');
    expect(troubles).toHaveLength(1);
    expect(troubles[0]?.alert).toMatchObject({
      severity: 'CRITICAL',
      dedupe_key: 'alert-channel#webhook:pager',
      details: { channel: 'webhook:pager', reason: 'gone' },
    });
    expect(pager.notices.filter(({ alert }) => alert.category === 'alarm')).toEqual([]);
    expect(bench.undelivered()).toEqual([]);
  });

  it('keeps failing after four attempts at one alert, long before it is given up', async () => {
    const { email, pager, ...bench } = tellingBench({ coolDownMs: COOL_DOWN_MS });
    pager.onCall(failing({ reason: 'http_404', unwell: false }));
    const { id: alertId } = bench.record();
    while (bench.delivery(alertId, 'webhook:pager')['attempts'] !== 4) {
      await bench.run();
      bench.clock.advance(MINUTE_MS);
    }
    await bench.run();
    expect(email.notices.at(-1)?.alert).toMatchObject({
      severity: 'WARNING',
      category: 'alarm',
      summary: 'A channel of alerts keeps failing',
      details: { channel: 'webhook:pager', alert_id: alertId, attempts: 4, reason: 'http_404' },
    });
  });

  it('among others that fail as well comes to an end: each is told of to those that are left, and then nobody is', async () => {
    const bench = createAlertBench({ coolDownMs: COOL_DOWN_MS });
    const channels = ['email', 'webhook:pager', 'slack:chn_1'].map((name) => bench.channel(name));
    bench.configure(channels);
    for (const channel of channels) channel.onCall(failing({ reason: 'gone', unwell: false, final: true }));
    bench.record();
    const counts: number[] = [];
    for (let runs = 0; runs < 3 * 24 * 60; runs += 30) {
      await bench.run();
      counts.push(bench.dynamo.items('logs').length);
      bench.clock.advance(30 * MINUTE_MS);
    }
    expect(bench.undelivered()).toEqual([]);
    // Nothing comes of it any more after a few runs.
    expect(new Set(counts.slice(10)).size).toBe(1);
    for (const channel of channels) {
      const aboutItself = channel.notices.filter(({ alert }) => alert.details['channel'] === channel.name);
      expect(aboutItself).toEqual([]);
    }
  });

  it('that fails for days beside another makes a few alerts, however long it fails, and none of a channel for itself', async () => {
    const bench = createAlertBench({ coolDownMs: COOL_DOWN_MS });
    const [one, other] = [bench.channel('webhook:one'), bench.channel('slack:chn_2')];
    bench.configure([one, other]);
    for (const channel of [one, other]) channel.onCall(failing({ reason: 'http_404', unwell: false }));
    bench.record();
    for (let passedMs = 0; passedMs < 4 * 24 * 60 * MINUTE_MS; passedMs += 30 * MINUTE_MS) {
      await bench.run();
      bench.clock.advance(30 * MINUTE_MS);
    }
    expect(bench.undelivered()).toEqual([]);
    const alerts = bench.dynamo.items('logs').filter((item) => JSON.stringify(item['sk']) === '{"S":"ALERT"}');
    // Of the one, two for each channel; of each of those, two for the other; of those, nobody is left to be told.
    expect(alerts.length).toBeLessThanOrEqual(1 + 4 + 8);
    expect(one.notices.filter(({ alert }) => alert.details['channel'] === one.name)).toEqual([]);
    expect(other.notices.filter(({ alert }) => alert.details['channel'] === other.name)).toEqual([]);
  });

  it('whose circuit is open is not told of that circuit', async () => {
    const { email, pager, ...bench } = tellingBench();
    bench.record({ category: 'circuit_open', details: { circuit: 'webhook:pager' } });
    await bench.run();
    expect([email.calls.length, pager.calls.length]).toEqual([1, 0]);
  });
});
