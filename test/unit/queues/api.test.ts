import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { emptyHead } from '#shared/audit/audit-entry.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { QUEUES } from '#shared/queues/catalogue.ts';
import { queueHead, queueStream, redriveReader } from '#shared/queues/redrive-record.ts';
import type { TestRequest } from '#test/support/fakes/api-request.ts';
import { bindAllRoutes } from '#test/support/fakes/function-routes.ts';
import { createTestApi, problemOf } from '#test/support/fakes/test-api.ts';

const BASE = '/admin/queues';
const NAME = 'lane-wakes-dlq';
const AT = '2026-11-21T18:30:00.000Z';

function api() {
  const { functions, desk, mover } = bindAllRoutes();
  const { client, idempotency } = desk.deps;
  const test = createTestApi(functions['ops-api'] ?? [], { idempotency });
  const send = (request: TestRequest) => test.send({ scopes: '*', ...request });
  const redrive = (name = NAME, key = 'k', body: unknown = { reason: 'mended' }) =>
    send({
      method: 'POST',
      path: `${BASE}/{name}/redrive`,
      params: { name },
      body,
      headers: { 'Idempotency-Key': key },
    });
  const show = async (name: string) => JSON.parse((await send({ path: `${BASE}/{name}`, params: { name } })).body);
  const audit = createAuditStore(client, 'audit');
  const actions = async (name = NAME) => (await audit.entries(queueStream(name))).map(({ action }) => action);
  /** Whether the audit stream of the queue is whole and ends where its row says. */
  const isVerified = async (name = NAME) => {
    const stream = queueStream(name);
    const head = queueHead(await redriveReader(client, 'ephemeral')(name)) ?? emptyHead(stream);
    return firstBreak(stream, await audit.stored(stream), head) === null;
  };
  return { ...test, send, redrive, show, actions, isVerified, mover, audit };
}

describe('GET /admin/queues', () => {
  it('lists every queue of the catalogue as it stands', async () => {
    const { send, mover } = api();
    mover.messages.set('lane-wakes', 7).set(NAME, 2);
    const { data } = z
      .object({ data: z.array(z.looseObject({ name: z.string() })) })
      .parse(JSON.parse((await send({ path: BASE })).body));
    expect(data.map(({ name }) => name)).toEqual(QUEUES.map(({ name }) => name));
    const named = (name: string) => data.find((queue) => queue.name === name);
    const none = { oldest_age_seconds: null, last_redrive: null };
    expect(named('lane-wakes')).toEqual({
      ...{ name: 'lane-wakes', queue_name: 'haven-test-lane-wakes', kind: 'work', feeds: 'lane-kicker', ...none },
      ...{ visible: 7, in_flight: 0, delayed: 0, source: null, redrive: null },
      dead_letters: { queue: NAME, messages: 2 },
    });
    expect(named(NAME)).toEqual({
      ...{ name: NAME, queue_name: 'haven-test-lane-wakes-dlq', kind: 'dead_letters', feeds: 'lane-kicker', ...none },
      ...{ visible: 2, in_flight: 0, delayed: 0, source: 'lane-wakes', redrive: 'move', dead_letters: null },
    });
    expect(named('alarm-events-dlq')).toMatchObject({ redrive: 'call', feeds: 'alarm-receiver', source: null });
    expect(named('scan-schedule-dlq')).toMatchObject({ redrive: 'run', feeds: 'payment-scanner', source: null });
  });

  it('says so when nobody can say how they stand, and why to the log alone', async () => {
    const { send, mover, log } = api();
    mover.fault = { when: 'before', error: new Error('a reason') };
    const response = await send({ path: BASE });
    expect([response.statusCode, problemOf(response).error]).toEqual([503, 'QUEUES_UNAVAILABLE']);
    expect(response.body).not.toContain('a reason');
    expect(log.of('QUEUES_UNREADABLE')).toHaveLength(1);
  });
});

describe('GET /admin/queues/{name}', () => {
  it('shows one by its name in the list, or in SQS', async () => {
    const { show } = api();
    expect(await show('haven-test-lane-kicks-dlq.fifo')).toEqual(await show('lane-kicks-dlq.fifo'));
    expect(await show('lane-kicks-dlq.fifo')).toMatchObject({ name: 'lane-kicks-dlq.fifo', source: 'lane-kicks.fifo' });
  });

  it.each([
    ['nothing-dlq', 'QUEUE_NOT_FOUND'],
    ['haven-production-lane-wakes-dlq', 'QUEUE_NOT_FOUND'],
    ['../x', 'INVALID_PARAMETER'],
  ])('shows no other: %s', async (name, code) => {
    expect(await api().show(name)).toMatchObject({ error: code });
  });
});

describe('POST /admin/queues/{name}/redrive', () => {
  it('has letters moved, says how many and whether there are more, and shows it afterwards', async () => {
    const { redrive, show, mover, actions, isVerified } = api();
    mover.messages.set(NAME, 1_500);
    expect(JSON.parse((await redrive()).body)).toEqual({
      ...{ name: NAME, redrive: 'move', moved: 1_000, refused: 0, unreadable: 0, more: true },
    });
    const outcome = { moved: 1_000, refused: 0, unreadable: 0, more: true };
    expect((await show(NAME)).last_redrive).toEqual({ begun_at: AT, ended_at: AT, by: 'key_tester', ...outcome });
    expect(JSON.parse((await redrive(NAME, 'k2')).body)).toMatchObject({ moved: 500, more: false });
    const both = ['queue.redrive_begun', 'queue.redriven'];
    expect(await actions()).toEqual([...both, ...both]);
    expect(await isVerified()).toBe(true);
  });

  it('moves nothing a second time for a request that is repeated', async () => {
    const { redrive, mover, actions } = api();
    mover.messages.set(NAME, 1_500);
    const first = await redrive();
    expect((await redrive()).body).toBe(first.body);
    expect(mover.redriven).toEqual([NAME]);
    expect(await actions()).toHaveLength(2);
    expect(problemOf(await redrive(NAME, 'k', { reason: 'another' })).error).toBe('IDEMPOTENCY_MISMATCH');
  });

  it.each(['before', 'after'] as const)(
    'that is cut off %s letters moved says that nobody knows, and the same request does the rest',
    async (when) => {
      const { redrive, show, mover, actions, isVerified } = api();
      mover.messages.set(NAME, 1_500);
      mover.fault = { when, error: new Error('cut off') };
      const cutOff = await redrive();
      expect([cutOff.statusCode, problemOf(cutOff).error]).toEqual([504, 'OUTCOME_UNKNOWN']);
      expect((await show(NAME)).last_redrive).toEqual({
        ...{ begun_at: AT, ended_at: null, by: 'key_tester' },
        ...{ moved: null, refused: null, unreadable: null, more: null },
      });
      expect(JSON.parse((await redrive()).body).moved).toBe(when === 'before' ? 1_000 : 500);
      expect(await actions()).toEqual(['queue.redrive_begun', 'queue.redrive_begun', 'queue.redriven']);
      expect(await isVerified()).toBe(true);
    },
  );

  it('is on record before the first letter moves, with the reason', async () => {
    const { redrive, mover, audit } = api();
    mover.fault = { when: 'before', error: new Error('cut off') };
    await redrive();
    expect(await audit.entries(queueStream(NAME))).toMatchObject([
      { action: 'queue.redrive_begun', actor: 'key_tester', reason: 'mended', detail: { redrive: 'move' } },
    ]);
  });

  it('is refused for a queue that is worked: it names the one with the dead letters', async () => {
    const { redrive, mover } = api();
    const problem = problemOf(await redrive('lane-wakes'));
    expect([problem.error, problem.message]).toEqual(['INVALID_TRANSITION', expect.stringContaining(NAME)]);
    expect(mover.redriven).toEqual([]);
  });

  it.each([
    ['ops:read', 'FORBIDDEN'],
    ['orders:write', 'FORBIDDEN'],
  ])('is for operators only: not for %s', async (scopes, code) => {
    const { send, mover, accesses } = api();
    const request = { method: 'POST', path: `${BASE}/{name}/redrive`, params: { name: NAME }, body: { reason: 'r' } };
    const response = await send({ ...request, scopes, headers: { 'Idempotency-Key': 'k' } });
    expect(problemOf(response).error).toBe(code);
    expect(accesses).toMatchObject([{ operation: 'redriveQueue', outcome: 'FORBIDDEN' }]);
    expect(mover.redriven).toEqual([]);
  });

  it('wants to know why', async () => {
    expect(problemOf(await api().redrive(NAME, 'k', {})).error).toBe('INVALID_PARAMETER');
  });
});
