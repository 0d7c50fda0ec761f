import { describe, expect, it } from 'vitest';
import { createOneApi } from '#test/support/fakes/one-api.ts';
import { problemOf } from '#test/support/fakes/test-api.ts';

describe('wallet-provisioner', () => {
  it('creates a user with 201; what it is not told is unknown', async () => {
    const { post, desk } = createOneApi('wallet-provisioner');
    const response = await post('/users', { external_id: 'customer-1' });
    expect(response.statusCode).toBe(201);
    expect(JSON.parse(response.body)).toMatchObject({ external_id: 'customer-1', email: null, kyc_status: 'none' });
    expect(response.body).not.toMatch(/audit_|gsi/);
    expect(desk.dynamo.items('keys')).toHaveLength(1);
  });

  it.each([
    [{}, 'INVALID_PARAMETER'],
    [{ external_id: '' }, 'INVALID_PARAMETER'],
    [{ external_id: 'ada@example.com' }, 'INVALID_PARAMETER'],
    [{ external_id: 'a', email: 'nonsense' }, 'INVALID_PARAMETER'],
    [{ external_id: 'a', kyc_status: 'verified' }, 'UNKNOWN_FIELD'],
  ])('makes no key for a user of %j', async (body, code) => {
    const { post, desk } = createOneApi('wallet-provisioner');
    expect(problemOf(await post('/users', body)).error).toBe(code);
    expect(desk.dynamo.items('keys')).toEqual([]);
  });

  it('creates a wallet with 201, by the defaults that the API documents', async () => {
    const { post, desk } = createOneApi('wallet-provisioner');
    const response = await post('/admin/wallets', { purpose: 'user' });
    expect(response.statusCode).toBe(201);
    expect(JSON.parse(response.body)).toMatchObject({
      purpose: 'user',
      custody: 'envelope',
      label: null,
      tags: {},
      status: 'active',
      paused: false,
    });
    expect(desk.dynamo.items('keys')).toHaveLength(1);
  });
});

describe('ops-api', () => {
  it('says that it is up, on which stage and when', async () => {
    expect(await createOneApi('ops-api').ask({ path: '/health' })).toEqual({
      status: 'ok',
      stage: 'test',
      time: '2026-11-21T18:30:00.000Z',
    });
  });

  it('says which dependency does not answer, and why only to the log', async () => {
    const failing = { name: 'chain 1', needed: false, probe: () => Promise.reject(new Error('a reason')) };
    const { ask, opsLog } = createOneApi('ops-api', [failing]);
    const answer = await ask({ path: '/ready' });
    expect(answer).toEqual({
      status: 'degraded',
      dependencies: [{ name: 'chain 1', state: 'down', latency_ms: 0 }],
    });
    expect(opsLog.of('DEPENDENCY_FAILED')).toMatchObject([{ dependency: 'chain 1' }]);
  });

  it('is not ready without what it needs, and says when to ask again', async () => {
    const failing = { name: 'database', needed: true, probe: () => Promise.reject(new Error('a reason')) };
    const answer = await createOneApi('ops-api', [failing]).send({ path: '/ready' });
    expect([answer.statusCode, answer.headers['Retry-After']]).toEqual([503, '5']);
    expect(problemOf(answer)).toMatchObject({
      error: 'NOT_READY',
      details: { dependencies: [{ name: 'database', state: 'down', latency_ms: 0 }] },
    });
    expect(answer.body).not.toContain('a reason');
  });

  it('gives out its documents', async () => {
    const { send, ask } = createOneApi('ops-api');
    expect(await ask({ path: '/openapi.json' })).toEqual({ openapi: '3.1.0' });
    const docs = await send({ path: '/docs' });
    expect(docs.headers['Content-Type']).toBe('text/html; charset=utf-8');
    expect(docs.body).toBe('<!doctype html>');
  });

  it('needs no key', async () => {
    const { send } = createOneApi('ops-api');
    for (const path of ['/health', '/ready', '/openapi.json', '/docs'])
      expect((await send({ path })).statusCode).toBe(200);
  });
});
