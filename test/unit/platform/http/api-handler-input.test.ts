import { describe, expect, it } from 'vitest';
import type { RequestContext } from '#shared/platform/http/bound-route.ts';
import { lambdaContext, TEST_REQUEST_ID } from '#test/support/fakes/api-request.ts';
import { problemOf } from '#test/support/fakes/test-api.ts';
import { MAKE, SHOW, thingApi } from '#test/support/fakes/thing-api.ts';

const answering = thingApi();

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
  const api = thingApi(async ({ ifMatchVersion }) => {
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
    const api = thingApi(async (context) => {
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
    const api = thingApi(async ({ log }) => {
      log.write('WALLET_CREATED', { wallet_id: 'w' });
      return { id: 't1' };
    });
    await api.send({ ...SHOW, principalId: 'key_7' });
    expect(api.log.of('WALLET_CREATED')).toMatchObject([
      { request_id: TEST_REQUEST_ID, route: 'showThing', principal: 'key_7', wallet_id: 'w' },
    ]);
  });
});
