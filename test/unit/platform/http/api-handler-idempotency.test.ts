import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { bindIdempotent, type IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { defineRoute } from '#shared/platform/http/route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { IdempotentReplay } from '#shared/platform/idempotency/idempotent-request.ts';
import { TEST_REQUEST_ID } from '#test/support/fakes/api-request.ts';
import { createFakeIdempotency } from '#test/support/fakes/fake-idempotency.ts';
import { PLAIN_ROUTE } from '#test/support/fakes/plain-route.ts';
import { createTestApi, problemOf } from '#test/support/fakes/test-api.ts';

const makeThing = defineRoute({
  ...PLAIN_ROUTE,
  method: 'POST',
  path: '/things/{id}',
  access: 'custody:write',
  idempotent: true,
  rate: 'write',
  params: z.strictObject({ id: z.string() }),
  query: z.strictObject({ dry: z.string().optional() }),
  body: z.strictObject({ name: z.string(), size: z.number().optional() }),
  status: 201,
  response: z.object({ id: z.string(), version: z.number() }),
});

const REQUEST = {
  method: 'POST',
  path: '/things/{id}',
  params: { id: 't1' },
  body: { name: 'a', size: 1 },
  scopes: 'custody:write',
  headers: { 'Idempotency-Key': 'k1' },
};

type UseCase = (context: IdempotentContext) => Promise<{ id: string; version: number }>;

function apiThat(useCase: UseCase, idempotency: IdempotencyStore = createFakeIdempotency()) {
  return createTestApi([bindIdempotent('makeThing', makeThing, (_input, context) => useCase(context))], {
    idempotency,
  });
}

/** An API that makes a thing once; after that its use case fails as told. */
function apiThatThenFails(failure: unknown) {
  const store = createFakeIdempotency();
  const answer = { id: 't1', version: 1, secret: 'hush' };
  let runs = 0;
  return apiThat(async ({ idempotency }) => {
    runs += 1;
    if (runs > 1) throw failure;
    store.keep(idempotency, { status: 201, body: answer });
    return answer;
  }, store);
}

describe('the Idempotency-Key', () => {
  it.each([
    ['is required', {}, 'MISSING_IDEMPOTENCY_KEY'],
    ['must not be empty', { 'Idempotency-Key': '' }, 'MISSING_IDEMPOTENCY_KEY'],
    ['must be printable', { 'Idempotency-Key': 'a b' }, 'INVALID_PARAMETER'],
  ])('%s: 400', async (_name, headers, code) => {
    const response = await apiThat(async () => ({ id: 't1', version: 1 })).send({ ...REQUEST, headers });
    expect(response.statusCode).toBe(400);
    expect(problemOf(response)).toMatchObject({
      error: code,
      details: { fields: [{ field: 'header.Idempotency-Key' }] },
    });
  });

  it('identifies a request within its principal and route, by parameters, query and body', async () => {
    const seen: IdempotentContext['idempotency'][] = [];
    const api = apiThat(async ({ idempotency }) => {
      seen.push(idempotency);
      return { id: 't1', version: 1 };
    });
    const variants = [
      REQUEST,
      { ...REQUEST, body: { size: 1, name: 'a' } },
      { ...REQUEST, headers: { 'idempotency-key': 'k1' } },
      { ...REQUEST, body: { name: 'b', size: 1 } },
      { ...REQUEST, params: { id: 't2' } },
      { ...REQUEST, query: { dry: ['1'] } },
      { ...REQUEST, principalId: 'key_other' },
    ];
    for (const variant of variants) expect((await api.send(variant)).statusCode).toBe(201);
    const fingerprints = seen.map(({ fingerprint }) => fingerprint);
    expect(fingerprints[1]).toBe(fingerprints[0]);
    expect(fingerprints[2]).toBe(fingerprints[0]);
    expect(new Set([fingerprints[0], fingerprints[3], fingerprints[4], fingerprints[5]]).size).toBe(4);
    const keys = seen.map(({ recordKey }) => recordKey);
    expect(new Set(keys.slice(0, 6)).size).toBe(1);
    expect(keys[6]).not.toBe(keys[0]);
  });
});

describe('a repeated request', () => {
  const replayed = { id: 't1', version: 1 };

  it.each([
    ['whose use case finds the record', new IdempotentReplay({ status: 201, body: replayed })],
    ['that the world no longer allows', new HavenError('INVALID_TRANSITION', 'It is closed now')],
    ['that fails unexpectedly', new Error('no')],
    ['whose outcome was unknown', new HavenError('DATABASE_ERROR', 'The change could not be stored')],
  ])('%s is answered as the first time, and says so', async (_name, failure) => {
    const api = apiThatThenFails(failure);
    const first = await api.send(REQUEST);
    const second = await api.send(REQUEST);
    expect(first.headers).not.toHaveProperty('Idempotent-Replayed');
    expect(second).toMatchObject({ statusCode: first.statusCode, body: first.body });
    expect(second.headers).toMatchObject({
      'Idempotent-Replayed': 'true',
      ETag: '"v1"',
      RateLimit: expect.any(String),
    });
  });

  it.each([
    ['an error that nobody expected', new Error('the ledger is gone'), 'the ledger is gone'],
    ['a failure of a system', new HavenError('DATABASE_ERROR', 'not stored'), 'not stored'],
  ])(
    'that fails with %s leaves that in the log, though it is answered as the first time',
    async (_name, failure, said) => {
      const api = apiThatThenFails(failure);
      await api.send(REQUEST);
      expect((await api.send(REQUEST)).statusCode).toBe(201);
      expect(api.log.of('FAILED_BEFORE_REPLAY')).toMatchObject([
        { request_id: TEST_REQUEST_ID, route: 'makeThing', principal: 'key_tester', error: { message: said } },
      ]);
    },
  );

  it.each([
    ['that it is one', new IdempotentReplay({ status: 201, body: replayed })],
    ['that the world no longer allows it', new HavenError('INVALID_TRANSITION', 'It is closed now')],
  ])('whose use case only finds %s is no failure: nothing is logged', async (_name, failure) => {
    const api = apiThatThenFails(failure);
    await api.send(REQUEST);
    await api.send(REQUEST);
    expect(api.log.of('FAILED_BEFORE_REPLAY')).toEqual([]);
  });

  it('is filtered like a first answer: what is kept may hold more', async () => {
    const api = apiThatThenFails(new Error('no'));
    await api.send(REQUEST);
    expect(JSON.parse((await api.send(REQUEST)).body)).toEqual(replayed);
  });

  it('has the status that was kept', async () => {
    const api = apiThat(async () => {
      throw new IdempotentReplay({ status: 202, body: replayed });
    });
    expect((await api.send(REQUEST)).statusCode).toBe(202);
  });

  it.each([
    ['valid', { name: 'other' }],
    ['refused by the schema', { name: 7 }],
  ])('with another body, %s, is a mismatch: 422', async (_name, body) => {
    const api = apiThatThenFails(new HavenError('INVALID_TRANSITION', 'It is closed now'));
    await api.send(REQUEST);
    const response = await api.send({ ...REQUEST, body });
    expect(response.statusCode).toBe(422);
    expect(problemOf(response).error).toBe('IDEMPOTENCY_MISMATCH');
    expect(response.headers).not.toHaveProperty('Idempotent-Replayed');
  });

  it('that finds a mismatch itself is answered 422 without looking again', async () => {
    let looks = 0;
    const counting: IdempotencyStore = {
      ...createFakeIdempotency(),
      async replayIfAnswered() {
        looks += 1;
      },
    };
    const api = apiThat(async () => {
      throw new HavenError('IDEMPOTENCY_MISMATCH', 'used with another request');
    }, counting);
    expect((await api.send(REQUEST)).statusCode).toBe(422);
    expect(looks).toBe(0);
  });

  it('needs the scope again', async () => {
    const api = apiThatThenFails(new Error('no'));
    await api.send(REQUEST);
    expect((await api.send({ ...REQUEST, scopes: 'custody:read' })).statusCode).toBe(403);
  });
});

describe('an answer that its route does not declare', () => {
  it('is a 500 and logged as undeclared, though the same answer is kept for replay', async () => {
    const store = createFakeIdempotency();
    const wrong = defineRoute({ ...makeThing, response: z.unknown().pipe(makeThing.response) });
    const api = createTestApi(
      [
        bindIdempotent('makeThing', wrong, async (_input, { idempotency }) => {
          const answer = { id: 't1' };
          store.keep(idempotency, { status: 201, body: answer });
          return answer;
        }),
      ],
      { idempotency: store },
    );
    expect((await api.send(REQUEST)).statusCode).toBe(500);
    expect(api.log.of('RESPONSE_UNDECLARED')).toHaveLength(1);
  });
});

describe('a failed request that was never answered', () => {
  it('is logged once, as what it is', async () => {
    const api = apiThat(async () => {
      throw new Error('no');
    });
    expect((await api.send(REQUEST)).statusCode).toBe(500);
    expect(api.log.of('FAILED_BEFORE_REPLAY')).toEqual([]);
    expect(api.log.of('REQUEST_FAILED')).toHaveLength(1);
  });

  it('keeps its own error', async () => {
    const api = apiThat(async () => {
      throw new HavenError('POLICY_VIOLATION', 'not there');
    });
    expect(problemOf(await api.send(REQUEST)).error).toBe('POLICY_VIOLATION');
  });

  it('keeps its own error when the records cannot be read either', async () => {
    const broken: IdempotencyStore = {
      ...createFakeIdempotency(),
      async replayIfAnswered() {
        throw new Error('no table');
      },
    };
    const api = apiThat(async () => {
      throw new HavenError('POLICY_VIOLATION', 'not there');
    }, broken);
    expect(problemOf(await api.send(REQUEST)).error).toBe('POLICY_VIOLATION');
  });
});
