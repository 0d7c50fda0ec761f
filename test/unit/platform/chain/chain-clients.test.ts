import { describe, expect, it } from 'vitest';
import { createChainClients } from '#shared/platform/chain/chain-clients.ts';
import { namedEndpoints, type RpcEndpoints, rpcSecretSchema } from '#shared/platform/chain/rpc-endpoints.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import {
  answering,
  nowhere,
  type ReceivedCall,
  type RpcAnswer,
  type RpcServer,
  rpcServer,
} from '#test/support/fakes/rpc-server.ts';
import { UNUSABLE_ANSWERS } from '#test/support/fakes/unusable-answers.ts';

const ADDRESS = `0x${'0'.repeat(40)}`;
const ACCOUNT = {
  eth_getBlockByNumber: { number: '0x1', hash: `0x${'b'.repeat(64)}`, timestamp: '0x1' },
  eth_getTransactionCount: '0x7',
  eth_getBalance: '0x0',
};

/** A node that says which chain it serves, and does with every other batch as it is told. */
function node(
  chainId: number,
  answer: (calls: readonly ReceivedCall[]) => RpcAnswer = answering(ACCOUNT),
): Promise<RpcServer> {
  const identify = answering({ eth_chainId: `0x${chainId.toString(16)}` });
  return rpcServer((calls) => (calls[0]?.method === 'eth_chainId' ? identify : answer)(calls));
}

const methods = (server: RpcServer) => server.batches.flat().map(({ method }) => method);
const within = (budgetMs = 5_000) => Deadline.in(budgetMs, systemClock);

function clientsOf(endpoints: () => RpcEndpoints) {
  const recording = createRecordingLog();
  return { recording, clients: createChainClients(async () => endpoints(), recording.log) };
}

/** Asks the endpoints of chain 1, in their order, for an account. */
function asking(...urls: readonly string[]) {
  const { clients, recording } = clientsOf(() => ({ '1': [...urls] }));
  return { recording, ask: async (budgetMs?: number) => (await clients.for(1)).account(ADDRESS, within(budgetMs)) };
}

describe('the client of a chain', () => {
  it('is given without a word to the chain, and stays the same', async () => {
    const server = await node(31_337);
    const { clients } = clientsOf(() => ({ '31337': [server.url] }));
    expect(await clients.for(31_337)).toBe(await clients.for(31_337));
    expect(server.batches).toEqual([]);
  });

  it('checks the chain id of its endpoint before all else, and with each look at a block', async () => {
    const server = await node(31_337);
    const { clients } = clientsOf(() => ({ '31337': [server.url] }));
    const heads = [await (await clients.for(31_337)).head(within()), await (await clients.for(31_337)).head(within())];
    expect(heads).toMatchObject([{ number: 1 }, { number: 1 }]);
    expect(methods(server)).toEqual([
      'eth_chainId',
      'eth_getBlockByNumber',
      'eth_chainId',
      'eth_getBlockByNumber',
      'eth_chainId',
    ]);
  });

  it('believes no look at a block of another chain, though the endpoint served the right one before', async () => {
    let served = '0x1';
    const server = await rpcServer((calls) => answering({ ...ACCOUNT, eth_chainId: served })(calls));
    const { clients } = clientsOf(() => ({ '1': [server.url] }));
    const client = await clients.for(1);
    await client.head(within());
    served = '0x2';
    const error = await caughtLater(HavenError, () => client.head(within()));
    expect(error.code).toBe('CONFIGURATION');
  });

  it('is another one, checked again, when its endpoints change', async () => {
    const [before, after] = [await node(1), await node(1)];
    let endpoints = [before.url];
    const { clients } = clientsOf(() => ({ '1': endpoints }));
    const first = await clients.for(1);
    endpoints = [after.url];
    const second = await clients.for(1);
    expect(second).not.toBe(first);
    await second.head(within());
    expect([methods(before), methods(after)]).toEqual([[], ['eth_chainId', 'eth_getBlockByNumber', 'eth_chainId']]);
  });

  it('is refused when the secret has no endpoint for the chain', async () => {
    const { clients } = clientsOf(() => ({ '1': ['http://127.0.0.1:9/hush'] }));
    const error = await caughtLater(HavenError, () => clients.for(31_337));
    expect(error.code).toBe('CONFIGURATION');
    expect(error.message).not.toContain('hush');
  });

  it('answers nothing when its endpoint serves another chain, and does not show the endpoint', async () => {
    const server = await node(5);
    const { ask, recording } = asking(`${server.url}/hush`);
    expect(await caughtLater(HavenError, ask)).toMatchObject({
      code: 'CONFIGURATION',
      message: 'An RPC endpoint of chain 1 serves chain 5',
    });
    expect(methods(server)).toEqual(['eth_chainId']);
    expect(recording.everything()).not.toContain('hush');
  });

  it('logs a failing endpoint with the chain that it is of', async () => {
    const { ask, recording } = asking(await nowhere());
    await caughtLater(HavenError, ask);
    expect(recording.of('RPC_ENDPOINT_FAILED')).toMatchObject([{ chain_id: 1, endpoint_index: 0 }]);
  });

  it('asks the first of two endpoints alone as long as that answers; the second only for its head', async () => {
    const [first, second] = [await node(1), await node(1)];
    const { ask } = asking(first.url, second.url);
    for (let count = 0; count < 3; count += 1) await ask();
    expect(methods(first)).toHaveLength(13);
    expect(['eth_chainId', 'eth_getBlockByNumber', 'eth_chainId'].slice(0, methods(second).length)).toEqual(
      methods(second),
    );
  });

  it('does not wait for two endpoints that hang longer than its deadline', async () => {
    const [first, second] = [await node(1, () => ({ hang: true })), await node(1, () => ({ hang: true }))];
    const startedMs = Date.now();
    await caughtLater(HavenError, () => asking(first.url, second.url).ask(150));
    expect(Date.now() - startedMs).toBeLessThan(2_000);
  });
});

describe('an endpoint of another chain is never asked for more than its chain id', () => {
  it('when it stands behind a good one that fails later', async () => {
    let up = true;
    const good = await node(1, (calls) => (up ? answering(ACCOUNT)(calls) : { status: 503, text: '' }));
    const wrong = await node(5);
    const { ask } = asking(good.url, wrong.url);
    await ask();
    up = false;
    await caughtLater(HavenError, ask);
    expect(methods(wrong)).toEqual(['eth_chainId']);
  });

  it('when it stands before a good one and failed while its chain id was checked', async () => {
    let up = false;
    const wrong = await rpcServer((calls) =>
      up ? answering({ eth_chainId: '0x5', ...ACCOUNT })(calls) : { status: 503, text: '' },
    );
    const { ask } = asking(wrong.url, (await node(1)).url);
    await ask();
    up = true;
    expect(await ask()).toMatchObject({ latestCount: 7 });
    expect(methods(wrong)).toEqual(['eth_chainId', 'eth_chainId']);
  });
});

describe('an endpoint is passed over for the next, without its secret in the log, that', () => {
  it.each([
    ...UNUSABLE_ANSWERS.map(([name, answer]) => [name, () => answer] as const),
    ['answers what cannot be right', answering({ ...ACCOUNT, eth_getBlockByNumber: null })] as const,
    ['refuses what no node may refuse', answering({})] as const,
  ])('%s', async (_name, answer) => {
    const [first, second] = [await node(1, answer), await node(1)];
    const { ask, recording } = asking(`${first.url}/v2/s3cretKey?apikey=s3cretKey`, second.url);
    expect(await ask()).toMatchObject({ latestCount: 7 });
    expect(recording.of('RPC_ENDPOINT_FAILED')).toMatchObject([{ endpoint_index: 0 }]);
    expect(recording.everything()).not.toContain('s3cretKey');
  });

  it.each([
    ['in the path', (url: string) => `${url}/v2/s3cretKey`],
    ['as user and password', (url: string) => url.replace('://', '://user:s3cretKey@')],
  ])('cannot be reached, with its secret %s', async (_name, hide) => {
    const { ask, recording } = asking(hide(await nowhere()), (await node(1)).url);
    expect(await ask()).toMatchObject({ latestCount: 7 });
    expect(recording.lines).toHaveLength(1);
    expect(recording.everything()).not.toContain('s3cretKey');
  });
});

describe('the RPC secret', () => {
  it('may name endpoints and give them weights, beside plain URLs', () => {
    const url = 'https://a.example/key';
    const secret = { '1': [url, { url }, { url, name: 'primary' }, { url, name: 'backup', weight: 3 }] };
    expect(rpcSecretSchema.parse(secret)).toEqual(secret);
    expect(namedEndpoints(secret['1'])).toEqual({
      endpoints: ['endpoint-1', 'endpoint-2', 'primary', 'backup'].map((name, index) => ({
        url,
        name,
        weight: index === 3 ? 3 : 1,
      })),
      weighted: true,
    });
    expect(namedEndpoints([url, { url, name: 'b' }]).weighted).toBe(false);
  });

  it('lists one endpoint or more by chain id', () => {
    const secret = { '1': ['https://a.example/key', 'http://127.0.0.1:8545'], '31337': ['http://127.0.0.1:8545'] };
    expect(rpcSecretSchema.parse(secret)).toEqual(secret);
  });

  it.each([
    ['the same name twice', { '1': ['https://a.example', { url: 'https://b.example', name: 'endpoint-1' }] }],
    ['an address in the place of a name', { '1': [{ url: 'https://a.example', name: 'https://a.example' }] }],
    ['a weight of nothing', { '1': [{ url: 'https://a.example', weight: 0 }] }],
    ['no endpoint', { '1': [] }],
    ['one that is no list', { '1': 'https://a.example' }],
    ['one that is no URL', { '1': ['a.example'] }],
    ['one of another protocol', { '1': ['wss://a.example'] }],
    ['a file', { '1': ['file:///etc/passwd'] }],
    ['a name for a chain id', { mainnet: ['https://a.example'] }],
    ['a chain id of zero', { '0': ['https://a.example'] }],
    ['a chain id with leading zeros', { '01': ['https://a.example'] }],
  ])('must not have %s', (_name, secret) => {
    expect(rpcSecretSchema.safeParse(secret).success).toBe(false);
  });
});
