import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { emptyHead } from '#shared/audit/audit-entry.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { endOfStream } from '#shared/audit/end-of-stream.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { breakerStream } from '#shared/operations/breakers.ts';
import { INITIAL_STATE } from '#shared/platform/breaker/breaker-state.ts';
import { type BreakerRecord, breakerItem, createBreakerStore } from '#shared/platform/breaker/breaker-store.ts';
import type { TestRequest } from '#test/support/fakes/api-request.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { bindAllRoutes } from '#test/support/fakes/function-routes.ts';
import { createTestApi, problemOf } from '#test/support/fakes/test-api.ts';

const NAME = 'rpc:1:primary';
const BASE = '/admin/health/circuit-breakers';
const OPENED = { from: 'closed', to: 'open', at_ms: TEST_NOW_MS - 5_000, cause: 'RPC_CONNECTION: HTTP 503' } as const;

const open = (id: string = NAME): BreakerRecord => ({
  id,
  version: 7,
  state: { ...INITIAL_STATE, status: 'open', generation: 1, open_until_ms: TEST_NOW_MS + 25_000, history: [OPENED] },
});

const pageSchema = z.object({ data: z.array(z.object({ name: z.string() })), next_cursor: z.string().nullable() });

function api(...records: readonly BreakerRecord[]) {
  const { functions, desk } = bindAllRoutes();
  const { client } = desk.deps;
  for (const record of records) desk.dynamo.put('ephemeral', breakerItem(record, TEST_NOW_MS));
  const test = createTestApi(functions['ops-api'] ?? [], { idempotency: desk.deps.idempotency });
  const ask = (request: TestRequest) => test.send({ scopes: '*', ...request });
  const reset = (name: string, key = 'k', body: unknown = { reason: 'mended' }, headers = {}) =>
    ask({
      method: 'POST',
      path: `${BASE}/{name}/reset`,
      params: { name },
      body,
      headers: { 'Idempotency-Key': key, ...headers },
    });
  const store = createBreakerStore(client, 'ephemeral', () => TEST_NOW_MS);
  return { ask, reset, accesses: test.accesses, audit: createAuditStore(client, 'audit'), store, dynamo: desk.dynamo };
}

/** Whether the audit stream of a circuit is whole and ends where the circuit says. */
async function verified({ audit, store }: Pick<ReturnType<typeof api>, 'audit' | 'store'>, name = NAME) {
  const stream = breakerStream(name);
  const record = await store.read(name);
  const head = { audit_seq: record?.audit_seq ?? 0, audit_hash: record?.audit_hash ?? emptyHead(stream).audit_hash };
  return firstBreak(stream, await audit.stored(stream), head) === null;
}

describe('GET /admin/health/circuit-breakers', () => {
  it('lists circuits in pages', async () => {
    const { ask } = api(open('rpc:1:a'), open('rpc:1:b'), open('ses:mail'));
    const first = pageSchema.parse(JSON.parse((await ask({ path: BASE, query: { limit: ['2'] } })).body));
    const cursor = first.next_cursor ?? '';
    const second = await ask({ path: BASE, query: { limit: ['2'], cursor: [cursor] } });
    const names = [...first.data, ...pageSchema.parse(JSON.parse(second.body)).data].map(({ name }) => name);
    expect(names).toEqual(['ses:mail', 'rpc:1:b', 'rpc:1:a']);
  });

  it('shows what each does and why, and nothing of how it is stored', async () => {
    const { ask } = api(open());
    expect(JSON.parse((await ask({ path: BASE })).body)).toEqual({
      data: [
        {
          name: NAME,
          status: 'open',
          failures: 0,
          successes: 0,
          retry_at: new Date(TEST_NOW_MS + 25_000).toISOString(),
          last_failure_at: null,
          changed_at: new Date(TEST_NOW_MS - 5_000).toISOString(),
          cause: 'RPC_CONNECTION: HTTP 503',
          version: 7,
        },
      ],
      next_cursor: null,
    });
  });

  it('is empty when nothing has failed', async () => {
    expect(JSON.parse((await api().ask({ path: BASE })).body)).toEqual({ data: [], next_cursor: null });
  });
});

describe('GET /admin/health/circuit-breakers/{name}', () => {
  it.each([NAME, 'rpc%3A1%3aprimary'])('shows the latest changes of %s', async (name) => {
    const { ask } = api(open());
    const answer = await ask({ path: `${BASE}/{name}`, params: { name } });
    expect(JSON.parse(answer.body)).toMatchObject({
      name: NAME,
      history: [{ at: new Date(TEST_NOW_MS - 5_000).toISOString(), from: 'closed', to: 'open', cause: OPENED.cause }],
    });
  });

  it('is 404 for one to which nothing has happened, and 400 for what is no name', async () => {
    const { ask } = api();
    const of = async (name: string) => problemOf(await ask({ path: `${BASE}/{name}`, params: { name } })).error;
    expect(problemOf(await ask({ path: `${BASE}/{name}`, params: { name: 'primary' } })).details).toMatchObject({
      fields: [{ field: 'params.name', message: "must be a circuit's name, such as rpc:1:endpoint-1" }],
    });
    expect([await of(NAME), await of('../secrets'), await of('https://rpc.example')]).toEqual([
      'CIRCUIT_NOT_FOUND',
      'INVALID_PARAMETER',
      'INVALID_PARAMETER',
    ]);
  });
});

describe('POST /admin/health/circuit-breakers/{name}/reset', () => {
  it.each([[{}], [{ reason: '' }], [{ reason: '  ' }], [{ reason: 'x'.repeat(501) }], [{ reason: 7 }]])(
    'wants to know why, and says so: %j',
    async (body) => {
      const test = api(open());
      expect(problemOf(await test.reset(NAME, 'k', body))).toMatchObject({
        error: 'INVALID_PARAMETER',
        details: { fields: [{ field: 'body.reason', message: 'must say why, in 1 to 500 characters' }] },
      });
      expect(await test.store.read(NAME)).toMatchObject({ version: 7 });
    },
  );

  it('that is refused is on record', async () => {
    const test = api(open());
    const request = { method: 'POST', path: `${BASE}/{name}/reset`, params: { name: NAME }, body: { reason: 'r' } };
    const response = await test.ask({ ...request, scopes: 'ops:read', headers: { 'Idempotency-Key': 'k' } });
    expect(response.statusCode).toBe(403);
    expect(test.accesses).toMatchObject([{ operation: 'resetCircuitBreaker', outcome: 'FORBIDDEN' }]);
  });

  it('closes the circuit, with its audit entry', async () => {
    const test = api(open());
    const answer = await test.reset(NAME);
    expect([answer.statusCode, JSON.parse(answer.body)]).toMatchObject([
      200,
      { name: NAME, status: 'closed', retry_at: null, cause: 'reset by key_tester', version: 8 },
    ]);
    expect(await test.store.read(NAME)).toMatchObject({ state: { status: 'closed', generation: 2 }, audit_seq: 1 });
    expect(await test.audit.entries(breakerStream(NAME))).toMatchObject([
      {
        action: 'breaker.reset',
        actor: 'key_tester',
        severity: 'WARNING',
        reason: 'mended',
        detail: { status: 'open', failures: 0 },
      },
    ]);
    expect(await verified(test)).toBe(true);
  });

  it('happens once however often it is asked for with one key', async () => {
    const test = api(open());
    const [first, second] = [await test.reset(NAME), await test.reset(NAME)];
    expect(second.headers['Idempotent-Replayed']).toBe('true');
    expect(second.body).toBe(first.body);
    expect(await test.audit.entries(breakerStream(NAME))).toHaveLength(1);
    expect(problemOf(await test.reset(NAME, 'k', { reason: 'other' })).error).toBe('IDEMPOTENCY_MISMATCH');
  });

  it('goes on in the same stream, even after the state with its end was lost', async () => {
    const test = api(open());
    await test.reset(NAME, 'k1');
    await test.reset(NAME, 'k2');
    test.dynamo.put('ephemeral', breakerItem(open(), TEST_NOW_MS));
    expect((await test.reset(NAME, 'k3')).statusCode).toBe(200);
    expect((await test.audit.entries(breakerStream(NAME))).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(await verified(test)).toBe(true);
  });

  it('is refused when the circuit has changed since it was seen', async () => {
    const test = api(open());
    expect(problemOf(await test.reset(NAME, 'k', { reason: 'x' }, { 'If-Match': '"v6"' })).error).toBe(
      'VERSION_MISMATCH',
    );
    expect(await test.audit.entries(breakerStream(NAME))).toEqual([]);
    expect((await test.reset(NAME, 'k', { reason: 'x' }, { 'If-Match': '"v7"' })).statusCode).toBe(200);
  });

  it('wants a reason, a key, a circuit that is there, and the scope', async () => {
    const { ask, reset } = api(open());
    const path = `${BASE}/{name}/reset`;
    const request = { method: 'POST', path, params: { name: NAME }, body: { reason: 'x' } };
    expect(problemOf(await reset(NAME, 'k', {})).error).toBe('INVALID_PARAMETER');
    expect(problemOf(await reset(NAME, 'k', { reason: '' })).error).toBe('INVALID_PARAMETER');
    expect(problemOf(await ask(request)).error).toBe('MISSING_IDEMPOTENCY_KEY');
    expect(problemOf(await reset('rpc:1:nobody')).error).toBe('CIRCUIT_NOT_FOUND');
    const headers = { 'Idempotency-Key': 'k' };
    expect(problemOf(await ask({ ...request, headers, scopes: 'ops:read custody:write' })).error).toBe('FORBIDDEN');
  });
});

it('a stream without entries has no end', async () => {
  expect(await endOfStream(api().audit, 'breaker:none:at.all')).toBeUndefined();
});
