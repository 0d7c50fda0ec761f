import { randomUUID } from 'node:crypto';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { groupIncidents, type Incident } from '#shared/incidents/incident.ts';
import { createIncidentList } from '#shared/incidents/incident-list.ts';
import { createIncidentStore, readIncident } from '#shared/incidents/incident-store.ts';
import { createPatternCounters } from '#shared/incidents/pattern-counters.ts';
import { PATTERNS } from '#shared/incidents/patterns.ts';
import { sightingsOf } from '#shared/incidents/sightings.ts';
import { ownTables } from '#test/support/own-tables.ts';

const own = ownTables();
const NOW_MS = Date.parse('2026-11-21T18:30:00.000Z');

const incident = (change: Partial<Incident> = {}): Incident => ({
  ...{ lineId: randomUUID(), atMs: NOW_MS, kind: 'security', security: 'policy_denied', code: 'POLICY_DENIED' },
  ...{ function: 'token-api', place: 'POST /x', message: 'Request refused', requestId: 'r-1', errorId: null },
  ...{ principal: 'key_1', sourceAddress: null, context: { subject: 'wal_1' }, stack: null },
  ...change,
});

it('many that count one error at once lose none, and it is listed by each of its filters', async () => {
  const { parts, tables } = own();
  const store = createIncidentStore(parts.client, tables.logs, () => 0);
  const groups = groupIncidents([incident(), incident({ requestId: 'r-2' })]);
  await Promise.all(Array.from({ length: 20 }, () => groups.map((group) => store.add(group))).flat());
  const list = createIncidentList(parts.client, tables.logs);
  for (const filter of [{}, { kind: 'security' as const }, { code: 'POLICY_DENIED' }, { function: 'token-api' }]) {
    const { rows, lastId } = await list(filter, undefined, 25);
    expect([rows.map(({ count }) => count), lastId]).toEqual([[40], undefined]);
  }
  expect((await list({ kind: 'error' }, undefined, 25)).rows).toEqual([]);
  const [row] = (await list({}, undefined, 1)).rows;
  expect(await readIncident(parts.client, tables.logs, row?.id ?? '')).toMatchObject({
    ...{ count: 40, first: { request_id: 'r-1' }, last: { request_id: 'r-2' } },
  });
});

it('of many that count a pattern at once, one at least finds it, and its row stays small', async () => {
  const { parts, tables } = own();
  const pattern = PATTERNS.find(({ name }) => name === 'rate_abuse');
  if (pattern === undefined) throw new Error('There is no such pattern');
  const counters = createPatternCounters(parts.client, tables.ephemeral);
  const seen = (count: number) =>
    sightingsOf(
      [pattern],
      Array.from({ length: count }, () => ({
        kind: 'rate_limited' as const,
        incident: incident({ security: 'rate_limited', code: 'RATE_LIMITED' }),
        address: '203.0.113.7',
      })),
    );
  const outcomes = await Promise.all(
    Array.from({ length: 9 }, () => seen(11)).flatMap((batch) => batch.map(counters.count)),
  );
  expect(outcomes).toEqual(outcomes.map(() => false));
  const last = await Promise.all(
    Array.from({ length: 3 }, () => seen(1)).flatMap((batch) => batch.map(counters.count)),
  );
  expect(last).toContain(true);
  for (let more = 0; more < 5; more += 1) {
    for (const batch of seen(500)) expect(await counters.count(batch)).toBe(true);
  }
  const Key = { pk: 'PATTERN#rate_abuse#203.0.113.7' };
  const { Item } = await parts.client.send(new GetCommand({ TableName: tables.ephemeral, Key }));
  const sizes = Object.values(Item ?? {}).flatMap((value) => (value instanceof Set ? value.size : []));
  expect(sizes).toEqual([expect.any(Number)]);
  expect(sizes[0]).toBeLessThanOrEqual(2 * pattern.threshold);
});
