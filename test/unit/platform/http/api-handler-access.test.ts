import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { apiEvent, TEST_REQUEST_ID } from '#test/support/fakes/api-request.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { problemOf } from '#test/support/fakes/test-api.ts';
import { MAKE, SHOW, thingApi } from '#test/support/fakes/thing-api.ts';

const answering = thingApi();

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
