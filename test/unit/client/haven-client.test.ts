import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { allRoutes } from '#functions/catalogue.ts';
import type { CallArguments, ClientOptions } from '#shared/client/client.ts';
import { HavenApiError, HavenConnectionError, UnexpectedAnswer } from '#shared/client/errors.ts';
import { createHavenClient, type HavenClient } from '#shared/client/haven-client.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { PROBLEM_CONTENT_TYPE, toProblem } from '#shared/platform/errors/problem.ts';
import { type ScriptedServer, type SeenRequest, type Step, startScriptedServer } from './scripted-server.ts';

/** Far above what a local server needs, so that only a hung answer reaches it. */
const TIMEOUT_MS = 5_000;
/** For the tests that wait for it. */
const SHORT_TIMEOUT_MS = 500;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const wallet = {
  id: 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA',
  address: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  purpose: 'treasury' as const,
  custody: 'envelope' as const,
  status: 'active' as const,
  paused: false,
  label: null,
  tags: {},
  created_at: '2026-11-21T18:30:00.000Z',
  version: 1,
};
const problem = toProblem(new HavenError('FORBIDDEN', 'This route needs the scope custody:write'), {
  errorId: 'err_1',
  requestId: 'req_1',
  timestamp: '2026-11-21T18:30:00.000Z',
});
const refused: Step = { status: 403, headers: { 'Content-Type': PROBLEM_CONTENT_TYPE }, body: problem };

let server: ScriptedServer;
let waits: number[];

beforeEach(async () => {
  server = await startScriptedServer();
  waits = [];
});

afterEach(() => server.close());

/** A client that notes its waits instead of waiting, as long as it might. */
function client(options: Partial<ClientOptions> = {}): HavenClient {
  return createHavenClient({
    baseUrl: server.baseUrl,
    apiKey: 'hvn_test_a_b',
    timeoutMs: TIMEOUT_MS,
    sleep: async (durationMs) => {
      waits.push(durationMs);
    },
    random: () => 1,
    ...options,
  });
}

const keysOf = (seen: readonly SeenRequest[]) => seen.map(({ headers }) => headers['idempotency-key']);
const create = (haven: HavenClient) => haven.createWallet({ body: { purpose: 'treasury' } });

/** What a call is rejected with. */
async function rejection(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => expect.fail('The call succeeded'),
    (error: unknown) => error,
  );
}

describe('the client', () => {
  it('has a method for every operation of the API', () => {
    expect(Object.keys(client()).sort()).toEqual([...Object.keys(allRoutes), 'request'].sort());
  });

  it('has no network code of AWS or ethers in it', async () => {
    const { metafile } = await build({
      entryPoints: [fileURLToPath(import.meta.resolve('#shared/client/haven-client.ts'))],
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'silent',
    });
    const inputs = Object.keys(metafile.inputs);
    expect(inputs).toContain('shared/client/transport.ts');
    expect(
      inputs.filter((path) =>
        /node_modules\/(@aws|@smithy|ws)|ethers\/lib\.esm\/(providers|contract|wallet)|\/aws\//.test(path),
      ),
    ).toEqual([]);
  });
});

describe('what a call is given', () => {
  type Arguments<K extends keyof typeof allRoutes> = CallArguments<(typeof allRoutes)[K]>;

  it('is what the route declares', () => {
    expectTypeOf<{ body: { purpose: 'treasury' } }>().toExtend<Arguments<'createWallet'>>();
    expectTypeOf<{ body: { purpose: 'holiday' } }>().not.toExtend<Arguments<'createWallet'>>();
    expectTypeOf<{ body: object }>().not.toExtend<Arguments<'createWallet'>>();
    expectTypeOf<{ params: { id: string } }>().toExtend<Arguments<'getWallet'>>();
    expectTypeOf<{ params: { id: string }; query: { limit: number } }>().not.toExtend<Arguments<'getWallet'>>();
  });

  it('can be left out where nothing is needed, and only there', () => {
    expectTypeOf<[]>().toExtend<Parameters<HavenClient['health']>>();
    expectTypeOf<[]>().toExtend<Parameters<HavenClient['listWallets']>>();
    expectTypeOf<[]>().not.toExtend<Parameters<HavenClient['getWallet']>>();
    expectTypeOf<[]>().not.toExtend<Parameters<HavenClient['createWallet']>>();
  });
});

describe('a call', () => {
  it('goes to its route with parameters, query, body and key', async () => {
    server.will({ status: 200, body: { data: [wallet], next_cursor: null } }, { status: 200, body: wallet });
    await client().listWallets({ query: { purpose: 'treasury', limit: 2 } });
    await client().getWallet({ params: { id: wallet.id } });
    expect(server.seen).toMatchObject([
      { method: 'GET', url: '/some/prefix/api/v1/admin/wallets?purpose=treasury&limit=2', body: '' },
      {
        method: 'GET',
        url: `/some/prefix/api/v1/admin/wallets/${wallet.id}`,
        headers: { authorization: 'Bearer hvn_test_a_b' },
      },
    ]);
  });

  it('without an API key has no Authorization', async () => {
    server.will({ status: 200, body: { status: 'ok', stage: 'local', time: '' } });
    const { baseUrl } = server;
    await createHavenClient({ baseUrl }).health();
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
  });

  it('gives the answer as its route declares it: fields that are not declared are dropped', async () => {
    server.will({ status: 201, body: { ...wallet, brand_new: true } });
    expect(await create(client())).toEqual(wallet);
    expectTypeOf<Awaited<ReturnType<HavenClient['createWallet']>>['purpose']>().toEqualTypeOf<
      'treasury' | 'user' | 'deposit'
    >();
  });

  it('of a page gives its text', async () => {
    server.will({ status: 200, body: '<!doctype html>' });
    expect(await client().docs()).toBe('<!doctype html>');
    expectTypeOf<Awaited<ReturnType<HavenClient['docs']>>>().toEqualTypeOf<string>();
  });

  it('carries the version that may be changed', async () => {
    server.will(refused);
    await rejection(client().revokeApiKey({ params: { id: 'key_1' }, ifMatch: '"v3"' }));
    expect(server.seen[0]?.headers['if-match']).toBe('"v3"');
  });

  it('is rejected when the answer is not what its route declares', async () => {
    server.will({ status: 201, body: { ...wallet, version: 'one' } });
    expect(await rejection(create(client()))).toBeInstanceOf(UnexpectedAnswer);
  });
});

describe('an idempotency key', () => {
  it('is made for each call of an idempotent route, and is a random UUID', async () => {
    server.will({ status: 201, body: wallet }, { status: 201, body: wallet });
    await create(client());
    await create(client());
    const [first, second] = keysOf(server.seen);
    expect(first).toMatch(UUID);
    expect(second).toMatch(UUID);
    expect(first).not.toBe(second);
  });

  it('is the one of the caller when one is given', async () => {
    server.will({ status: 201, body: wallet });
    await client().createWallet({ body: { purpose: 'treasury' }, idempotencyKey: 'order-7' });
    expect(keysOf(server.seen)).toEqual(['order-7']);
  });

  it('is not sent where the route has none', async () => {
    server.will(refused);
    await rejection(client().verifyAudit({ body: { wallet_id: wallet.id } }));
    expect(keysOf(server.seen)).toEqual([undefined]);
  });

  it('and the body stay the same over all attempts of a call', async () => {
    let made = 0;
    const newIdempotencyKey = () => `key-${++made}`;
    server.will('drop', { status: 500, body: problem }, { status: 503, body: problem }, { status: 201, body: wallet });
    expect(await create(client({ newIdempotencyKey }))).toEqual(wallet);
    expect(keysOf(server.seen)).toEqual(['key-1', 'key-1', 'key-1', 'key-1']);
    expect(new Set(server.seen.map(({ body }) => body)).size).toBe(1);
    expect(waits).toEqual([200, 400, 800]);
  });
});

describe('trying again', () => {
  it('waits as long as the answer asks for', async () => {
    server.will({ status: 429, headers: { 'Retry-After': '7' }, body: problem }, { status: 200, body: wallet });
    expect(await client().getWallet({ params: { id: wallet.id } })).toEqual(wallet);
    expect(waits).toEqual([7_200]);
  });

  it('ends with the cap on attempts, and with the last answer', async () => {
    server.will(...Array.from({ length: 5 }, (_, i) => ({ status: 500 + i, body: problem })));
    expect(await rejection(client().health())).toMatchObject({ status: 503 });
    expect(server.seen).toHaveLength(4);
  });

  it('is not done where a request without a key may have had its effect', async () => {
    server.will('drop', { status: 500, body: problem });
    const haven = client();
    const change = () => haven.changeApiKey({ params: { id: 'key_1' }, body: { name: 'x' } });
    expect(await rejection(change())).toBeInstanceOf(HavenConnectionError);
    expect(await rejection(change())).toMatchObject({ status: 500 });
    expect(server.seen).toHaveLength(2);
  });

  it('is done without a key where the answer says that nothing was done', async () => {
    server.will({ status: 429, body: problem }, { status: 503, body: problem }, refused);
    await rejection(client().changeApiKey({ params: { id: 'key_1' }, body: { name: 'x' } }));
    expect(server.seen).toHaveLength(3);
  });

  it('is not done when the request is refused', async () => {
    server.will(refused, { status: 201, body: wallet });
    await rejection(create(client()));
    expect(server.seen).toHaveLength(1);
  });
});

describe('a refusal', () => {
  it('is thrown with its status, code, problem and request', async () => {
    server.will(refused);
    const error = await rejection(create(client()));
    expect(error).toBeInstanceOf(HavenApiError);
    expect(error).toMatchObject({ status: 403, code: 'FORBIDDEN', problem, requestId: 'req_1', body: problem });
  });

  it('that somebody in between made is told as far as it tells anything', async () => {
    server.will({ status: 403, headers: { 'X-Request-Id': 'req_2' }, body: { message: 'Forbidden' } });
    expect(await rejection(create(client()))).toMatchObject({
      status: 403,
      code: 'HTTP_403',
      problem: undefined,
      requestId: 'req_2',
      body: { message: 'Forbidden' },
    });
  });

  it('that is half a problem still tells its code', async () => {
    server.will({ status: 400, body: { error: 'INVALID_ADDRESS' } });
    expect(await rejection(create(client()))).toMatchObject({ code: 'INVALID_ADDRESS', problem: undefined });
  });

  it('never shows the API key', async () => {
    server.will(refused);
    const error = await rejection(create(client()));
    expect(error instanceof Error ? `${error.stack}${JSON.stringify(error)}` : '').not.toContain('hvn_test_a_b');
  });
});

describe('no answer in time', () => {
  it('is thrown with the key with which the request can be repeated', async () => {
    server.will('hang');
    const retry = { maxAttempts: 1, baseDelayMs: 0, maxDelayMs: 0 };
    const haven = client({ timeoutMs: SHORT_TIMEOUT_MS, newIdempotencyKey: () => 'key-1', retry });
    const error = await rejection(create(haven));
    expect(error).toBeInstanceOf(HavenConnectionError);
    expect(error).toMatchObject({ idempotencyKey: 'key-1', cause: { name: 'TimeoutError' } });
  });

  it('is followed by another attempt where that is safe', async () => {
    server.will('hang', { status: 201, body: wallet });
    expect(await create(client({ timeoutMs: SHORT_TIMEOUT_MS }))).toEqual(wallet);
    expect(server.seen).toHaveLength(2);
  });
});

describe('a raw request', () => {
  it('is sent once and answered as it is', async () => {
    server.will({ status: 503, headers: { 'Retry-After': '1' }, body: problem });
    const { status, headers, body } = await client().request({ method: 'GET', path: '/health' });
    expect([status, headers.get('retry-after'), body]).toEqual([503, '1', problem]);
    expect(server.seen).toHaveLength(1);
  });
});
