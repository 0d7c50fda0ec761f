import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createEndpoint } from '#shared/platform/chain/json-rpc.ts';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { toProblem } from '#shared/platform/errors/problem.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { answering, nowhere, type RpcAnswer, type RpcServer, rpcServer } from '#test/support/fakes/rpc-server.ts';
import { UNUSABLE_ANSWERS } from '#test/support/fakes/unusable-answers.ts';

const CALLS = [
  { method: 'eth_chainId', params: [] },
  { method: 'eth_getBalance', params: ['0x00', 'latest'] },
  { method: 'eth_blockNumber', params: [] },
];
const RESULTS = { eth_chainId: '0x1', eth_getBalance: '0x2', eth_blockNumber: null };
const OUTCOMES = [
  { ok: true, result: '0x1' },
  { ok: true, result: '0x2' },
  { ok: true, result: null },
];

/** What the secret in an endpoint's URL is, so that it can be looked for. */
const HUSH = 's3cretKey';

const asking =
  (url: string, budgetMs = 5_000) =>
  (calls = CALLS) =>
    createEndpoint(url).ask(calls, (outcomes) => outcomes, Deadline.in(budgetMs, systemClock));

const withUser = (server: RpcServer, userinfo: string) => server.url.replace('://', `://${userinfo}@`);

const result = (id: number, value: unknown) => ({ jsonrpc: '2.0', id, result: value });

describe('a batch', () => {
  it('is one HTTP request, and its outcomes come in the order of its calls', async () => {
    const server = await rpcServer(answering(RESULTS));
    expect(await asking(server.url)()).toEqual(OUTCOMES);
    expect(server.batches).toEqual([CALLS.map((call, id) => ({ ...call, id }))]);
  });

  it('may be answered in any order', async () => {
    const server = await rpcServer(() => ({ json: [result(2, null), result(0, '0x1'), result(1, '0x2')] }));
    expect(await asking(server.url)()).toEqual(OUTCOMES);
  });

  it('of no calls asks nobody', async () => {
    expect(await asking(await nowhere())([])).toEqual([]);
  });

  it("keeps a refused call apart from the others, with the node's code and data", async () => {
    const error = { code: 3, message: 'execution reverted', data: '0x08c379a0' };
    const server = await rpcServer(() => ({
      json: [result(0, '0x1'), { jsonrpc: '2.0', id: 1, error }, result(2, null)],
    }));
    const [first, second, third] = await asking(server.url)();
    expect([first, third]).toEqual([OUTCOMES[0], OUTCOMES[2]]);
    expect(second).toMatchObject({
      ok: false,
      error: { rpcCode: 3, message: 'execution reverted', data: '0x08c379a0' },
    });
  });

  it('is what its reader makes of it, and fails as its reader does', async () => {
    const server = await rpcServer(answering(RESULTS));
    const { ask } = createEndpoint(server.url);
    const within = Deadline.in(5_000, systemClock);
    expect(await ask(CALLS, (outcomes) => outcomes.length, within)).toBe(3);
    const unusable = new RpcTransportError('no sense in it');
    const fail = () => {
      throw unusable;
    };
    expect(await caughtLater(RpcTransportError, () => ask(CALLS, fail, within))).toBe(unusable);
  });
});

const FAILING: readonly (readonly [string, RpcAnswer])[] = [...UNUSABLE_ANSWERS, ['never answers', { hang: true }]];

describe('an endpoint makes the batch fail that', () => {
  it.each(FAILING)('%s', async (_name, answer) => {
    const server = await rpcServer(() => answer);
    const error = await caughtLater(RpcTransportError, asking(server.url, 150));
    expect(error).toMatchObject({ code: 'RPC_CONNECTION', status: 502 });
    expect(server.batches).toHaveLength(1);
  });

  it('cannot be reached', async () => {
    const error = await caughtLater(RpcTransportError, asking(await nowhere()));
    expect(error).toMatchObject({ code: 'RPC_CONNECTION', status: 502 });
  });
});

describe('the deadline', () => {
  it.each<readonly [string, RpcAnswer]>([
    ['that hangs', { hang: true }],
    ['whose answer begins and does not end', { status: 200, text: '[', unfinished: true }],
  ])('ends a call to an endpoint %s', async (_name, answer) => {
    const server = await rpcServer(() => answer);
    const startedMs = Date.now();
    await caughtLater(RpcTransportError, asking(server.url, 150));
    expect(Date.now() - startedMs).toBeLessThan(2_000);
  });
});

describe("an endpoint's secret is in no error and no answer", () => {
  it.each([
    ...FAILING,
    ['repeats its own address', { status: 200, text: `no route http://127.0.0.1/v2/${HUSH}` }] as const,
  ])('of one that %s', async (_name, answer) => {
    const server = await rpcServer(() => answer);
    const error = await caughtLater(RpcTransportError, asking(`${server.url}/v2/${HUSH}?apikey=${HUSH}`, 150));
    expect(server.paths).toEqual([`/v2/${HUSH}?apikey=${HUSH}`]);
    const problem = toProblem(error, { errorId: 'e', requestId: 'r', timestamp: 't' });
    expect(`${error.message} ${error.stack} ${JSON.stringify(problem)}`).not.toContain(HUSH);
  });

  it.each([
    ['in the path', (url: string) => `${url}/v2/${HUSH}`],
    ['as user and password', (url: string) => url.replace('://', `://user:${HUSH}@`)],
  ])('of one that cannot be reached, %s', async (_name, hide) => {
    const error = await caughtLater(RpcTransportError, asking(hide(await nowhere())));
    expect(inspect(error)).not.toContain(HUSH);
  });
});

describe('an endpoint with user and password is asked with them, as Basic authorization', () => {
  it.each([
    ['plain', 'user:pass', 'user:pass'],
    ['a user alone', 'key', 'key:'],
    ['a password alone', ':pass', ':pass'],
    ['encoded as a URL wants it', 'us%40er:p%3Aa%2Fss', 'us@er:p:a/ss'],
    ['beyond ASCII', 'user:p%C3%A4ss', 'user:päss'],
    ['with a percent sign that encodes nothing', 'user:100%', 'user:100%'],
  ])('%s', async (_name, userinfo, credentials) => {
    const server = await rpcServer(answering(RESULTS));
    expect(await asking(withUser(server, userinfo))()).toEqual(OUTCOMES);
    expect(server.authorizations).toEqual([`Basic ${Buffer.from(credentials).toString('base64')}`]);
  });

  it('and with its path and query as they are', async () => {
    const server = await rpcServer(answering(RESULTS));
    await asking(`${withUser(server, 'user:pass')}/v2/a%2Fb?x=1`)();
    expect(server.paths).toEqual(['/v2/a%2Fb?x=1']);
  });

  it('and without them where it has none', async () => {
    const server = await rpcServer(answering(RESULTS));
    await asking(server.url)();
    expect(server.authorizations).toEqual(['']);
  });
});
