import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { bind, bindPublic, type RequestContext } from '#shared/platform/http/bound-route.ts';
import { defineRoute } from '#shared/platform/http/route.ts';
import { apiEvent, lambdaContext, TEST_REQUEST_ID } from '#test/support/fakes/api-request.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { PLAIN_ROUTE } from '#test/support/fakes/plain-route.ts';
import { createTestApi, problemOf } from '#test/support/fakes/test-api.ts';

const thingView = z.object({ id: z.string(), inner: z.object({ shown: z.string() }).optional() });
const showThing = defineRoute({
  ...PLAIN_ROUTE,
  path: '/things/{id}',
  access: 'custody:read',
  rate: 'read',
  params: z.strictObject({ id: z.string().regex(/^t\d$/) }),
  query: z.strictObject({ verbose: z.enum(['yes', 'no']).optional() }),
  response: thingView,
});
const makeThing = defineRoute({
  ...PLAIN_ROUTE,
  method: 'POST',
  body: z.strictObject({ name: z.string().optional() }),
  status: 201,
  response: thingView,
});

/** An API of both routes whose use case answers or throws what a test wants. */
function apiThat(useCase: (context: RequestContext) => Promise<z.input<typeof thingView>>, exposeStacks = false) {
  const routes = [
    bind('showThing', showThing, (_input, context) => useCase(context)),
    bindPublic('makeThing', makeThing, (_input, context) => useCase(context)),
  ];
  return createTestApi(routes, { exposeStacks });
}

const answering = apiThat(async () => ({ id: 't1' }));
const SHOW = { path: '/things/{id}', params: { id: 't1' }, scopes: 'custody:read' };
const MAKE = { method: 'POST', path: '/things', body: {} };

describe('who may call a route', () => {
  it('nobody whom the authorizer did not let in: 401', async () => {
    const response = await answering.send({ path: '/things/{id}', params: { id: 't1' } });
    expect(response.statusCode).toBe(401);
    expect(problemOf(response).error).toBe('UNAUTHENTICATED');
  });

  it.each([
    ['no principal', { name: 'x', scopes: 'custody:read' }],
    ['an empty principal', { principalId: '', name: 'x', scopes: 'custody:read' }],
    ['an unknown scope', { principalId: 'key_1', name: 'x', scopes: 'custody:read root' }],
    ['a list of scopes', { principalId: 'key_1', name: 'x', scopes: ['custody:read'] }],
    ['a text', 'key_1'],
  ])('nobody whose authorizer context has %s: 401', async (_name, authorizer) => {
    const event = apiEvent(SHOW);
    const forged = {
      ...z.looseObject({}).parse(event),
      requestContext: { requestId: 'r', identity: { sourceIp: '::1' }, authorizer },
    };
    expect((await answering.sendRaw(forged)).statusCode).toBe(401);
  });

  it.each(['', 'custody:write', 'transactions:read access:write'])(
    'nobody without its scope (has: %j): 403 that names it',
    async (scopes) => {
      const response = await answering.send({ ...SHOW, scopes });
      expect(response.statusCode).toBe(403);
      expect(problemOf(response)).toMatchObject({ error: 'FORBIDDEN', details: { scope: 'custody:read' } });
      expect(problemOf(response).message).toContain('custody:read');
    },
  );

  it.each(['custody:read', '*', 'audit:read custody:read'])('who has its scope (has: %j)', async (scopes) => {
    expect((await answering.send({ ...SHOW, scopes })).statusCode).toBe(200);
  });

  it('anyone, if it is public', async () => {
    expect((await answering.send(MAKE)).statusCode).toBe(201);
  });

  it('is judged before the input is read: a stranger learns nothing about it', async () => {
    const response = await answering.send({ path: '/things/{id}', params: { id: 'bad' }, query: { x: ['1'] } });
    expect(response.statusCode).toBe(401);
  });
});

describe('which route is called', () => {
  it.each([
    ['another path', { path: '/nothing' }],
    ['another method of a path', { method: 'DELETE', path: '/things' }],
    ['the name of an object member', { path: '/constructor' }],
  ])('none for %s: 404', async (_name, request) => {
    const response = await answering.send(request);
    expect(response.statusCode).toBe(404);
    expect(problemOf(response).error).toBe('NOT_FOUND');
  });
});

describe('the input', () => {
  it.each([
    ['an unknown query parameter', { ...SHOW, query: { filter: ['x'] } }, 'UNKNOWN_FIELD', 'query.filter'],
    [
      'a query parameter given twice',
      { ...SHOW, query: { verbose: ['yes', 'no'] } },
      'INVALID_PARAMETER',
      'query.verbose',
    ],
    ['the same value twice', { ...SHOW, query: { verbose: ['yes', 'yes'] } }, 'INVALID_PARAMETER', 'query.verbose'],
    ['a bad query parameter', { ...SHOW, query: { verbose: ['maybe'] } }, 'INVALID_PARAMETER', 'query.verbose'],
    ['a bad path parameter', { ...SHOW, params: { id: 'bad' } }, 'INVALID_PARAMETER', 'params.id'],
    ['an unknown body field', { ...MAKE, body: { colour: 'red' } }, 'UNKNOWN_FIELD', 'body.colour'],
    ['a query on a route that has none', { ...MAKE, query: { name: ['x'] } }, 'UNKNOWN_FIELD', 'query.name'],
  ])('is refused with %s', async (_name, request, code, field) => {
    const response = await answering.send(request);
    expect(response.statusCode).toBe(400);
    expect(problemOf(response)).toMatchObject({ error: code, details: { fields: [{ field }] } });
  });

  it.each([
    ['that is no JSON', { ...MAKE, body: '{', headers: { 'Content-Type': 'application/json' } }, 400],
    ['of another type', { ...MAKE, body: '{}', headers: { 'content-type': 'text/plain' } }, 415],
    ['that is too large', { ...MAKE, body: { name: 'x'.repeat(70_000) } }, 413],
  ])('is refused with a body %s', async (_name, request, status) => {
    expect((await answering.send(request)).statusCode).toBe(status);
  });

  it('has no body on a GET, whatever was sent', async () => {
    expect((await answering.send({ ...SHOW, body: 'not json' })).statusCode).toBe(200);
  });

  it('finds the content type whatever its case', async () => {
    const headers = { 'CONTENT-TYPE': 'application/json' };
    expect((await answering.send({ ...MAKE, body: '{"name":"x"}', headers })).statusCode).toBe(201);
  });
});

describe('If-Match', () => {
  const versions: (number | undefined)[] = [];
  const api = apiThat(async ({ ifMatchVersion }) => {
    versions.push(ifMatchVersion);
    return { id: 't1' };
  });

  it.each([
    [undefined, undefined],
    ['*', undefined],
    ['"v0"', 0],
    ['"v3"', 3],
    ['"v999999999"', 999_999_999],
  ])('%j means version %j', async (header, version) => {
    versions.length = 0;
    expect(
      (await api.send({ ...SHOW, ...(header === undefined ? {} : { headers: { 'if-match': header } }) })).statusCode,
    ).toBe(200);
    expect(versions).toEqual([version]);
  });

  it('is refused by a change that has no versions, not ignored', async () => {
    const response = await api.send({ ...MAKE, body: { name: 'x' }, headers: { 'If-Match': '"v3"' } });
    expect(problemOf(response)).toMatchObject({
      error: 'INVALID_PARAMETER',
      details: { fields: [{ field: 'header.If-Match', message: 'is not honoured here: this route has no versions' }] },
    });
    const any = await api.send({ ...MAKE, body: { name: 'x' }, headers: { 'If-Match': '*' } });
    expect(any.statusCode).toBe(201);
  });

  it.each(['', 'v3', '"3"', 'W/"v3"', '"v-1"', '"v1.5"', '"v3", "v4"', '"v9999999999"', '"v٣"'])(
    '%j is refused, not taken for none',
    async (header) => {
      const response = await api.send({ ...SHOW, headers: { 'If-Match': header } });
      expect(response.statusCode).toBe(400);
      expect(problemOf(response).details).toMatchObject({ fields: [{ field: 'header.If-Match' }] });
    },
  );
});

describe('what a use case gets', () => {
  it("is the request's id, its address, and a deadline before the function's own end", async () => {
    const seen: RequestContext[] = [];
    const api = apiThat(async (context) => {
      seen.push(context);
      return { id: 't1' };
    });
    await api.send({ ...SHOW, sourceAddress: '198.51.100.9' });
    expect(seen[0]).toMatchObject({ requestId: TEST_REQUEST_ID, sourceAddress: '198.51.100.9' });
    const remaining = lambdaContext().getRemainingTimeInMillis();
    expect(seen[0]?.deadline.remainingMs()).toBeLessThan(remaining);
    expect(seen[0]?.deadline.remainingMs()).toBeGreaterThan(remaining - 1_000);
  });

  it('is a log whose lines name the request, the route and the principal', async () => {
    const api = apiThat(async ({ log }) => {
      log.write('WALLET_CREATED', { wallet_id: 'w' });
      return { id: 't1' };
    });
    await api.send({ ...SHOW, principalId: 'key_7' });
    expect(api.log.of('WALLET_CREATED')).toMatchObject([
      { request_id: TEST_REQUEST_ID, route: 'showThing', principal: 'key_7', wallet_id: 'w' },
    ]);
  });
});

describe('an expected failure', () => {
  it('is answered with its own code, details and Retry-After', async () => {
    const api = apiThat(async () => {
      throw new HavenError('CIRCUIT_OPEN', 'The chain rests', { details: { chain_id: 1 }, retryAfterSeconds: 30 });
    });
    const response = await api.send(SHOW);
    expect(response.statusCode).toBe(503);
    expect(response.headers['Retry-After']).toBe('30');
    expect(response.headers['Content-Type']).toBe('application/problem+json');
    expect(problemOf(response)).toMatchObject({
      error: 'CIRCUIT_OPEN',
      request_id: TEST_REQUEST_ID,
      timestamp: new Date(TEST_NOW_MS).toISOString(),
      details: { chain_id: 1 },
    });
  });

  it('is logged as refused below 500 and as failed above, with the error_id of its answer', async () => {
    const refusing = apiThat(async () => {
      throw new HavenError('WALLET_NOT_FOUND', 'There is no wallet w');
    });
    const refused = problemOf(await refusing.send(SHOW));
    expect(refusing.log.of('REQUEST_REFUSED')).toMatchObject([
      { error_id: refused.error_id, error: 'WALLET_NOT_FOUND' },
    ]);
    expect(refusing.metrics.counts()).toEqual({ RequestRefused: 1 });

    const failing = apiThat(async () => {
      throw new HavenError('DATABASE_ERROR', 'no', { cause: new Error('socket hang up') });
    });
    const failed = problemOf(await failing.send(SHOW));
    expect(failing.log.of('REQUEST_FAILED')).toMatchObject([{ error_id: failed.error_id, error: 'DATABASE_ERROR' }]);
    expect(failing.log.everything()).toContain('socket hang up');
    expect(failing.metrics.counts()).toEqual({ RequestFailed: 1 });
  });
});

describe('an unexpected failure', () => {
  it.each([
    ['an error', new Error('hush')],
    ['a text', 'hush'],
    ['nothing', undefined],
  ])('that throws %s is answered as INTERNAL without a word of it', async (_name, thrown) => {
    const api = apiThat(async () => {
      throw thrown;
    });
    const response = await api.send(SHOW);
    expect(response.statusCode).toBe(500);
    expect(problemOf(response).error).toBe('INTERNAL');
    expect(`${response.body} ${JSON.stringify(response.headers)}`).not.toContain('hush');
    expect(api.metrics.counts()).toEqual({ RequestFailed: 1 });
  });

  it('gives each occurrence an id of its own', async () => {
    const api = apiThat(async () => {
      throw new Error('hush');
    });
    const ids = [problemOf(await api.send(SHOW)).error_id, problemOf(await api.send(SHOW)).error_id];
    expect(new Set(ids).size).toBe(2);
  });

  it('carries its stack and causes only where stacks are exposed', async () => {
    const fail = async () => {
      throw new Error('outer', { cause: new Error('inner') });
    };
    expect((await apiThat(fail, false).send(SHOW)).body).not.toMatch(/outer|inner|stack/);
    expect(problemOf(await apiThat(fail, true).send(SHOW)).details['stack']).toMatch(/outer[\s\S]*inner/);
  });

  it('is the only one to carry a stack: refusals never do', async () => {
    const api = apiThat(async () => {
      throw new HavenError('OUT_OF_STOCK', 'none left');
    }, true);
    expect(problemOf(await api.send(SHOW)).details).toEqual({});
  });

  it.each([null, {}, { httpMethod: 'GET' }, 'event', []])('is an event that is none: %j', async (event) => {
    const response = await answering.sendRaw(event);
    expect(response.statusCode).toBe(500);
    expect(problemOf(response)).toMatchObject({ error: 'INTERNAL', request_id: 'unknown' });
  });
});

describe('credentials that ended after the authorizer saw them', () => {
  const endingAt = (expiresAtMs: number) =>
    answering.sendRaw({
      ...Object.assign({}, apiEvent(SHOW)),
      requestContext: {
        requestId: TEST_REQUEST_ID,
        identity: { sourceIp: '203.0.113.7' },
        authorizer: { principalId: 'key_1', name: 'x', scopes: '*', expiresAtMs: String(expiresAtMs) },
      },
    });

  it('are refused although API Gateway still keeps its answer', async () => {
    expect((await endingAt(TEST_NOW_MS + 1)).statusCode).toBe(200);
    expect(problemOf(await endingAt(TEST_NOW_MS))).toMatchObject({ status: 401, error: 'UNAUTHENTICATED' });
  });
});
