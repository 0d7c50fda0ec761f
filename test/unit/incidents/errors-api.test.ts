import { describe, expect, it } from 'vitest';
import { groupIncidents, type Incident } from '#shared/incidents/incident.ts';
import { createIncidentStore } from '#shared/incidents/incident-store.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { createOneApi } from '#test/support/fakes/one-api.ts';
import { problemOf } from '#test/support/fakes/test-api.ts';

const incident = (change: Partial<Incident> = {}): Incident => ({
  ...{ lineId: 'l', atMs: TEST_NOW_MS, kind: 'error', security: undefined, code: 'INTERNAL', function: 'token-api' },
  ...{ place: 'GET /x', message: 'Request failed', requestId: 'r-1', errorId: 'e-1', principal: 'key_1' },
  ...{ sourceAddress: '203.0.113.7', context: { lane: '1:0xab' }, stack: 'Error: no' },
  ...change,
});

const MINUTES = 60_000;

/** As API Gateway hands a query on. */
const queryOf = (query: object) =>
  Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [String(value)]]));

/** An API before the rows of these incidents. */
async function apiOf(...incidents: readonly Incident[]) {
  const api = createOneApi('ops-api');
  const store = createIncidentStore(api.desk.deps.client, 'logs');
  for (const group of groupIncidents(incidents)) await store.add(group);
  const list = (query: object = {}) => api.idsOf({ path: '/admin/errors', query: queryOf(query) });
  return { ...api, list };
}

const ALL = [
  incident(),
  incident({ atMs: TEST_NOW_MS + 20 * MINUTES, code: 'LANE_FAILED', function: 'lane-worker', place: '' }),
  incident({ atMs: TEST_NOW_MS + 40 * MINUTES, kind: 'security', security: 'forbidden', code: 'FORBIDDEN' }),
];

describe('the list of errors and security events', () => {
  it('has the newest first, page by page', async () => {
    const { ask, list } = await apiOf(...ALL);
    const ids = await list();
    expect([ids.length, ids]).toEqual([3, [...ids].sort().reverse()]);
    const first = await ask({ path: '/admin/errors', query: queryOf({ limit: 2 }) });
    expect(first).toMatchObject({ data: [{ code: 'FORBIDDEN' }, { code: 'LANE_FAILED' }] });
  });

  it.each([
    [{ kind: 'security' }, ['FORBIDDEN']],
    [{ kind: 'error' }, ['LANE_FAILED', 'INTERNAL']],
    [{ code: 'INTERNAL' }, ['INTERNAL']],
    [{ function: 'token-api' }, ['FORBIDDEN', 'INTERNAL']],
    [{ function: 'token-api', kind: 'error' }, ['INTERNAL']],
    [{ code: 'INTERNAL', function: 'lane-worker' }, []],
    [{ since: '2026-11-21T18:50:00.000Z' }, ['FORBIDDEN', 'LANE_FAILED']],
    [{ until: '2026-11-21T18:50:00.001Z' }, ['LANE_FAILED', 'INTERNAL']],
    [{ since: '2026-11-21T18:30:00.001Z', until: '2026-11-21T18:50:00.000Z' }, []],
  ])('filtered by %j has %j', async (query, codes) => {
    const { ask } = await apiOf(...ALL);
    expect(await ask({ path: '/admin/errors', query: queryOf(query) })).toMatchObject({
      data: codes.map((code) => ({ code })),
      next_cursor: null,
    });
  });

  it.each([{ kind: 'other' }, { code: 'lower' }, { function: '../x' }, { since: 'yesterday' }, { principal: 'key_1' }])(
    'is refused for %j',
    async (query) => {
      const { send } = await apiOf();
      expect((await send({ path: '/admin/errors', query: queryOf(query), scopes: 'ops:read' })).statusCode).toBe(400);
    },
  );

  it('is for operators', async () => {
    const { send } = await apiOf();
    for (const request of [{ path: '/admin/errors' }, { path: '/admin/errors/{id}', params: { id: 'x' } }]) {
      expect((await send({ ...request, scopes: 'alerts:read' })).statusCode).toBe(403);
    }
  });
});

describe('one of them', () => {
  it('is shown with its context and stack, and without where it came from', async () => {
    const { ask, list } = await apiOf(incident(), incident({ requestId: 'r-2', context: {} }));
    const [id = ''] = await list();
    const shown = await ask({ path: '/admin/errors/{id}', params: { id } });
    expect(shown).toMatchObject({
      ...{ id, kind: 'error', code: 'INTERNAL', function: 'token-api', place: 'GET /x', count: 2 },
      ...{ request_id: 'r-2', principal: 'key_1', stack: 'Error: no' },
      first: { request_id: 'r-1', error_id: 'e-1', context: { lane: '1:0xab' } },
      last: { request_id: 'r-2', context: {} },
    });
    expect(JSON.stringify(shown)).not.toContain('203.0.113.7');
  });

  it('is ERROR_NOT_FOUND when it is not there, or no longer', async () => {
    const { send } = await apiOf();
    const answer = await send({
      path: '/admin/errors/{id}',
      params: { id: 'err_01JD8Q4X7M5N2V9C3R6T0W1YZA' },
      scopes: 'ops:read',
    });
    expect([answer.statusCode, problemOf(answer).error]).toEqual([404, 'ERROR_NOT_FOUND']);
  });
});
