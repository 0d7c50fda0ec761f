import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { createJsonRpc } from '#shared/platform/chain/json-rpc.ts';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { toProblem } from '#shared/platform/errors/problem.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import {
  answering,
  type ReceivedCall,
  type RpcAnswer,
  type RpcServer,
  startRpcServer,
} from '#test/support/fakes/rpc-server.ts';

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

/** What the secret in every endpoint's URL is, so that it can be looked for. */
const HUSH = 's3cretKey';

const servers: RpcServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serving(answer: (calls: readonly ReceivedCall[]) => RpcAnswer): Promise<RpcServer> {
  const server = await startRpcServer(answer);
  servers.push(server);
  return server;
}

/** A port on which nothing listens: one that a server has just given up. */
async function nowhere(): Promise<string> {
  const server = await startRpcServer(answering({}));
  await server.close();
  return server.url;
}

function asking(endpoints: readonly string[], budgetMs = 5_000) {
  const recording = createRecordingLog();
  const rpc = createJsonRpc(endpoints, recording.log);
  return { recording, ask: (calls = CALLS) => rpc.batch(calls, Deadline.in(budgetMs, systemClock)) };
}

const result = (id: number, value: unknown) => ({ jsonrpc: '2.0', id, result: value });

describe('a batch', () => {
  it('is one HTTP request, and its outcomes come in the order of its calls', async () => {
    const server = await serving(answering(RESULTS));
    expect(await asking([server.url]).ask()).toEqual(OUTCOMES);
    expect(server.batches).toEqual([CALLS.map((call, id) => ({ ...call, id }))]);
  });

  it('may be answered in any order', async () => {
    const server = await serving(() => ({ json: [result(2, null), result(0, '0x1'), result(1, '0x2')] }));
    expect(await asking([server.url]).ask()).toEqual(OUTCOMES);
  });

  it('of no calls asks nobody', async () => {
    expect(await asking([await nowhere()]).ask([])).toEqual([]);
  });

  it("keeps a refused call apart from the others, with the node's code and data", async () => {
    const error = { code: 3, message: 'execution reverted', data: '0x08c379a0' };
    const server = await serving(() => ({
      json: [result(0, '0x1'), { jsonrpc: '2.0', id: 1, error }, result(2, null)],
    }));
    const [first, second, third] = await asking([server.url]).ask();
    expect([first, third]).toEqual([OUTCOMES[0], OUTCOMES[2]]);
    expect(second).toMatchObject({
      ok: false,
      error: { rpcCode: 3, message: 'execution reverted', data: '0x08c379a0' },
    });
  });

  it('is not asked again elsewhere because a call was refused: a refusal is an answer', async () => {
    const first = await serving(answering({}));
    const second = await serving(answering(RESULTS));
    await asking([first.url, second.url]).ask();
    expect(second.batches).toEqual([]);
  });
});

/** Answers that cannot be used, by what is wrong with them. */
const UNUSABLE: readonly (readonly [string, () => RpcAnswer])[] = [
  ['leaves a call unanswered', () => ({ json: [result(0, '0x1'), result(2, null)] })],
  ['answers other ids', () => ({ json: [result(7, '0x1'), result(8, '0x2'), result(9, null)] })],
  ['answers with HTTP 500', () => ({ status: 500, text: JSON.stringify([0, 1, 2].map((id) => result(id, '0x0'))) })],
  ['answers with HTTP 429', () => ({ status: 429, text: 'slow down' })],
  ['answers with HTTP 404', () => ({ status: 404, text: '' })],
  ['answers with a page', () => ({ status: 200, text: '<html>welcome</html>' })],
  ['answers with nothing', () => ({ status: 200, text: '' })],
  ['answers with JSON that is cut', () => ({ status: 200, text: '[{"id":0' })],
  [
    'answers with one error for the whole batch',
    () => ({ json: { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'no' } } }),
  ],
  ['answers with null', () => ({ json: null })],
  ['answers with texts', () => ({ json: ['0x1', '0x2', null] })],
  ['never answers', () => ({ hang: true })],
];

describe('an endpoint that', () => {
  it.each(UNUSABLE)('%s makes the batch fail when there is no other', async (_name, answer) => {
    const server = await serving(answer);
    const { ask } = asking([`${server.url}/v2/${HUSH}?key=${HUSH}`], 150);
    const error = await caughtLater(RpcTransportError, ask);
    expect(error).toMatchObject({ code: 'RPC_CONNECTION', status: 502 });
    expect(server.batches).toHaveLength(1);
  });

  it.each(UNUSABLE.filter(([name]) => name !== 'never answers'))(
    '%s is passed over for the next',
    async (_name, answer) => {
      const first = await serving(answer);
      const second = await serving(answering(RESULTS));
      const { recording, ask } = asking([first.url, second.url]);
      expect(await ask()).toEqual(OUTCOMES);
      expect(recording.of('RPC_ENDPOINT_FAILED')).toMatchObject([{ endpoint_index: 0 }]);
    },
  );

  it('cannot be reached is passed over for the next', async () => {
    const second = await serving(answering(RESULTS));
    expect(await asking([await nowhere(), second.url]).ask()).toEqual(OUTCOMES);
  });

  it('answers is the only one that is asked', async () => {
    const [first, second] = [await serving(answering(RESULTS)), await serving(answering(RESULTS))];
    await asking([first.url, second.url]).ask();
    expect([first.batches.length, second.batches.length]).toEqual([1, 0]);
  });
});

describe('the deadline', () => {
  it('ends a call to an endpoint that hangs, the first and the next', async () => {
    const [first, second] = [await serving(() => ({ hang: true })), await serving(() => ({ hang: true }))];
    const startedMs = Date.now();
    await caughtLater(RpcTransportError, asking([first.url, second.url], 150).ask);
    expect(Date.now() - startedMs).toBeLessThan(2_000);
  });

  it('also ends a call whose answer begins and does not end', async () => {
    const server = await serving(() => ({ status: 200, text: '[', unfinished: true }));
    const startedMs = Date.now();
    await caughtLater(RpcTransportError, asking([server.url], 150).ask);
    expect(Date.now() - startedMs).toBeLessThan(2_000);
  });
});

describe("an endpoint's secret is in no error, no answer and no log line", () => {
  it.each([
    ...UNUSABLE,
    ['repeats its own address', () => ({ status: 200, text: `no route http://127.0.0.1/v2/${HUSH}` })] as const,
  ])('of one that %s', async (_name, answer) => {
    const server = await serving(answer);
    const { recording, ask } = asking([`${server.url}/v2/${HUSH}?apikey=${HUSH}`], 150);
    const error = await caughtLater(RpcTransportError, ask);
    expect(server.paths).toEqual([`/v2/${HUSH}?apikey=${HUSH}`]);
    const problem = toProblem(error, { errorId: 'e', requestId: 'r', timestamp: 't' });
    expect(`${error.message} ${error.stack} ${JSON.stringify(problem)}`).not.toContain(HUSH);
    expect(recording.lines).toHaveLength(1);
    expect(recording.everything()).not.toContain(HUSH);
  });

  it('of one that cannot be reached', async () => {
    const { recording, ask } = asking([`${await nowhere()}/v2/${HUSH}`]);
    expect(inspect(await caughtLater(RpcTransportError, ask))).not.toContain(HUSH);
    expect(recording.everything()).not.toContain(HUSH);
  });

  it('that is user and password', async () => {
    const server = await serving(answering(RESULTS));
    const { recording, ask } = asking([server.url.replace('://', `://user:${HUSH}@`)]);
    const outcome = await ask().catch((error: unknown) => inspect(error));
    expect(String(outcome)).not.toContain(HUSH);
    expect(recording.everything()).not.toContain(HUSH);
  });
});

it('an endpoint with user and password is asked with them, as Basic authorization', async () => {
  const server = await serving(answering(RESULTS));
  await asking([server.url.replace('://', '://user:pass@')]).ask();
  expect(server.authorizations).toEqual([`Basic ${btoa('user:pass')}`]);
});

it('a chain without endpoints is said to have none', async () => {
  expect((await caughtLater(RpcTransportError, asking([]).ask)).message).toBe('No RPC endpoint is configured');
});
