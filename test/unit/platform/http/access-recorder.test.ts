import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { AccessRecorder } from '#shared/platform/http/access-recorder.ts';
import { bind } from '#shared/platform/http/bound-route.ts';
import { defineRoute, type Route } from '#shared/platform/http/route.ts';
import { PLAIN_ROUTE } from '#test/support/fakes/plain-route.ts';
import { createTestApi, problemOf } from '#test/support/fakes/test-api.ts';

const WALLET_ID = 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA';

function apiOf(audited: Route['audited'], useCase: () => Promise<{ id: string }>, recorder?: AccessRecorder) {
  const route = defineRoute({
    ...PLAIN_ROUTE,
    path: '/things/{id}',
    access: 'custody:read',
    rate: 'read',
    ...(audited === undefined ? {} : { audited }),
    params: z.strictObject({ id: z.string() }),
    response: z.object({ id: z.string() }),
  });
  const overrides = recorder === undefined ? {} : { accessRecorder: recorder };
  const test = createTestApi([bind('showThing', route, useCase)], overrides);
  const ask = (id = WALLET_ID, scopes = 'custody:read') => test.send({ path: '/things/{id}', params: { id }, scopes });
  return { ...test, ask };
}

const granted = async () => ({ id: WALLET_ID });
const refusing =
  (code: 'POLICY_VIOLATION' | 'INVALID_AMOUNT' | 'DATABASE_ERROR', details = {}) =>
  async () => {
    throw new HavenError(code, 'no', { details });
  };
const broken: AccessRecorder = {
  record: async () => {
    throw new HavenError('DATABASE_ERROR', 'down');
  },
};

describe('an access that its route puts on record', () => {
  it('is recorded with who, what and from where, before its answer leaves', async () => {
    const { ask, accesses } = apiOf('access', granted);
    expect((await ask()).statusCode).toBe(200);
    expect(accesses).toMatchObject([
      { operation: 'showThing', subject: WALLET_ID, outcome: 'granted', principal: { id: 'key_tester' } },
    ]);
  });

  it('is not answered when it could not be recorded', async () => {
    const response = await apiOf('access', granted, broken).ask();
    expect(problemOf(response).error).toBe('DATABASE_ERROR');
  });

  it('is recorded as refused for want of a scope', async () => {
    const { ask, accesses } = apiOf('access', granted);
    expect((await ask(WALLET_ID, 'token:read')).statusCode).toBe(403);
    expect(accesses).toMatchObject([{ subject: WALLET_ID, outcome: 'FORBIDDEN' }]);
  });

  it('names the wallet that it was refused for, when the path names none', async () => {
    const { ask, accesses } = apiOf('refusals', refusing('POLICY_VIOLATION', { wallet_id: WALLET_ID }));
    expect((await ask('not an id')).statusCode).toBe(403);
    expect(accesses).toMatchObject([{ subject: WALLET_ID, outcome: 'POLICY_VIOLATION' }]);
  });

  it('names the wallet that a list is narrowed to', async () => {
    const { send, accesses } = apiOf('access', granted);
    const params = { id: 'all' };
    await send({ path: '/things/{id}', params, query: { wallet_id: [WALLET_ID] }, scopes: 'token:read' });
    await send({ path: '/things/{id}', params, query: { wallet_id: ['x'] }, scopes: 'token:read' });
    expect(accesses.map(({ subject }) => subject)).toEqual([WALLET_ID, null]);
  });

  it('never puts into the record what only looks like an id', async () => {
    const { ask, accesses } = apiOf('access', granted);
    await ask('0x4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d');
    expect(accesses).toMatchObject([{ subject: null, outcome: 'granted' }]);
  });

  it('stays refused when the refusal could not be recorded, and that is logged and counted', async () => {
    const { ask, log, metrics } = apiOf('refusals', refusing('POLICY_VIOLATION'), broken);
    expect(problemOf(await ask()).error).toBe('POLICY_VIOLATION');
    expect(log.of('REFUSAL_NOT_RECORDED')).toMatchObject([{ operation: 'showThing' }]);
    expect(metrics.counts()).toMatchObject({ RefusalNotRecorded: 1 });
  });
});

describe('what is not put on record', () => {
  it.each([
    ['an access of a route whose effects have entries of their own', apiOf('refusals', granted)],
    ['anything of a route that is not audited', apiOf(undefined, refusing('POLICY_VIOLATION'))],
    ['a request that could not be read: it reached for nothing', apiOf('access', refusing('INVALID_AMOUNT'))],
    ['a failure of Haven: it refused nobody', apiOf('access', refusing('DATABASE_ERROR'))],
  ])('%s', async (_name, { ask, accesses }) => {
    await ask();
    expect(accesses).toEqual([]);
  });
});

describe('a function whose route is audited', () => {
  it('does not start without a place to record it', () => {
    const route = defineRoute({ ...PLAIN_ROUTE, audited: 'access', response: z.object({ id: z.string() }) });
    const start = () => createTestApi([bind('showThing', route, granted)], { accessRecorder: undefined });
    expect(start).toThrow('showThing is audited');
  });
});
