import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { statsKey } from '#shared/alerts/stats/alert-counts.ts';
import { latencyBucket } from '#shared/alerts/stats/latency-buckets.ts';
import { createAlertsApi as api } from '#test/support/fakes/alerts-api.ts';

const id = (number: number) => `alr_01JD8Q4X7M${String(number).padStart(16, '0')}`;

describe('the list of alerts', () => {
  function some() {
    const test = api();
    test.record({ id: id(1), severity: 'INFO', category: 'alarm' });
    test.record({ id: id(2), severity: 'ERROR', category: 'alarm' });
    test.record({ id: id(3), severity: 'ERROR', category: 'security' });
    test.record({ id: id(4), severity: 'CRITICAL', category: 'security' });
    return test;
  }

  it.each([
    ['', [4, 3, 2, 1]],
    ['severity=ERROR', [3, 2]],
    ['category=security', [4, 3]],
    ['category=alarm&severity=ERROR', [2]],
    ['status=open', [4, 3, 1]],
    ['status=acknowledged', [2]],
    ['severity=ERROR&status=open', [3]],
    ['category=alarm&status=open', [1]],
    ['created_from=2030-01-01T00:00:00Z', []],
    ['created_to=2020-01-01T00:00:00Z', []],
    ['created_from=2020-01-01T00:00:00Z&created_to=2030-01-01T00:00:00Z', [4, 3, 2, 1]],
  ])('with %j has those, newest first', async (filter, numbers) => {
    const test = some();
    await test.call('POST', `/admin/alerts/${id(2)}/acknowledge`);
    expect(await test.ids(`/admin/alerts?${filter}`)).toEqual(numbers.map(id));
  });

  it('goes on by its cursor, which is good for no other filter', async () => {
    const test = some();
    const page = z.object({ next_cursor: z.string() }).parse(await test.get('/admin/alerts?limit=3'));
    const next = `/admin/alerts?limit=3&cursor=${page.next_cursor}`;
    expect(await test.ids(next)).toEqual([id(1)]);
    expect(await test.get(`${next}&severity=ERROR`)).toMatchObject({ error: 'INVALID_PARAMETER' });
  });

  it('shows no secret that should stand in the facts of an alert', async () => {
    const test = api();
    test.record({ id: id(1), details: { private_key: 'canary', wallet_id: 'wal_1' } });
    expect(await test.get(`/admin/alerts/${id(1)}`)).toMatchObject({
      details: { private_key: '[redacted]', wallet_id: 'wal_1' },
      deliveries: [],
      runbook_url: 'https://runbook.example/runbook.md#key_access',
    });
  });
});

describe('an alert', () => {
  it('is acknowledged once: who was first stays named, with an audit entry', async () => {
    const test = api();
    test.record({ id: id(1) });
    const first = await test.call('POST', `/admin/alerts/${id(1)}/acknowledge`, { note: 'looking at it' });
    expect(first.body).toMatchObject({ status: 'acknowledged', acknowledged: { note: 'looking at it' } });
    const again = await test.call('POST', `/admin/alerts/${id(1)}/acknowledge`, { note: 'me too' });
    expect(again.body).toEqual(first.body);
    const entries = test.rows('audit').filter(({ pk }) => pk === id(1));
    expect(entries).toMatchObject([{ action: 'alert.acknowledged', reason: 'looking at it', seq: 1 }]);
    expect(test.rows('logs')).toMatchObject([{ audit_seq: 1, gsi3pk: 'ALERTS#CRITICAL#acknowledged' }]);
  });

  it('that is not there is not found', async () => {
    const test = api();
    for (const [method, path] of [
      ['GET', `/admin/alerts/${id(1)}`],
      ['POST', `/admin/alerts/${id(1)}/acknowledge`],
    ] as const)
      expect((await test.call(method, path)).body).toMatchObject({ error: 'ALERT_NOT_FOUND' });
  });

  it('that is a test is recorded as any other, to be told, once for a request', async () => {
    const test = api();
    const { status, body } = await test.call(
      'POST',
      '/admin/alerts/test',
      { severity: 'WARNING' },
      { 'Idempotency-Key': 'one' },
    );
    expect([status, body['category'], body['severity'], body['told_status']]).toEqual([
      202,
      'system_test',
      'WARNING',
      'open',
    ]);
    await test.call('POST', '/admin/alerts/test', { severity: 'WARNING' }, { 'Idempotency-Key': 'one' });
    const rows = test.rows('logs');
    expect(rows).toHaveLength(1);
    expect(rows[0]?.['gsi2pk']).toMatch(/^UNDELIVERED_ALERTS#/);
  });
});

describe('the statistics of alerts', () => {
  it('add up what was counted, by severity, category, channel and day', async () => {
    const test = api();
    const put = (day: string, shard: number, counts: object) =>
      test.desk.dynamo.put('logs', { ...statsKey(day, shard), expires_at: 1, ...counts });
    put('2026-11-20', 0, {
      'told|CRITICAL|security': 2,
      'delivered|email': 2,
      [`latency|email|${latencyBucket(1_000)}`]: 2,
    });
    put('2026-11-20', 7, { 'held_back|INFO|alarm': 3, 'given_up|email': 1 });
    put('2026-11-21', 1, {
      'told|INFO|alarm': 1,
      'delivered|slack:chn_1': 1,
      [`latency|slack:chn_1|${latencyBucket(60_000)}`]: 1,
    });
    put('2026-11-22', 1, { 'told|INFO|alarm': 99 });
    const stats = await test.get('/admin/alerts/stats?from=2026-11-20&to=2026-11-21');
    expect(stats).toMatchObject({
      from: '2026-11-20',
      to: '2026-11-21',
      alerts: {
        total: 6,
        held_back: 3,
        by_severity: { CRITICAL: 2, INFO: 4 },
        by_category: { security: 2, alarm: 4 },
      },
      deliveries: { delivered: 3, given_up: 1, success_rate: 0.75 },
      by_channel: [
        { channel: 'email', delivered: 2, given_up: 1 },
        { channel: 'slack:chn_1', delivered: 1, given_up: 0, success_rate: 1 },
      ],
      by_day: [
        { day: '2026-11-20', alerts: { total: 5 } },
        { day: '2026-11-21', alerts: { total: 1 } },
      ],
    });
    const { by_channel } = z
      .object({ by_channel: z.array(z.object({ latency_ms: z.object({ p50: z.number(), max: z.number() }) })) })
      .parse(stats);
    expect(by_channel[0]?.latency_ms.p50).toBeGreaterThanOrEqual(1_000);
    expect(by_channel[1]?.latency_ms.max).toBeLessThanOrEqual(60_000 * 1.19);
  });

  it.each([
    ['the wrong way round', 'from=2026-11-21&to=2026-11-20'],
    ['of too many days', 'from=2026-01-01&to=2026-11-20'],
    ['of no day', 'from=2026-13-01'],
  ])('%s are refused', async (_what, query) => {
    expect(await api().get(`/admin/alerts/stats?${query}`)).toMatchObject({ error: 'INVALID_PARAMETER' });
  });

  it('are of the last seven days unless days are named', async () => {
    expect(await api().get('/admin/alerts/stats')).toMatchObject({ from: '2026-11-15', to: '2026-11-21' });
  });
});
