import { afterEach, describe, expect, it } from 'vitest';
import { createChainClients, type RpcEndpoints, rpcSecretSchema } from '#shared/platform/chain/chain-clients.ts';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { answering, type RpcAnswer, type RpcServer, startRpcServer } from '#test/support/fakes/rpc-server.ts';

const servers: RpcServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** A node of a chain: it knows its chain id and the results given. */
async function node(chainId: number, results: Readonly<Record<string, unknown>> = {}): Promise<RpcServer> {
  const server = await startRpcServer(answering({ eth_chainId: `0x${chainId.toString(16)}`, ...results }));
  servers.push(server);
  return server;
}

const within = () => Deadline.in(2_000, systemClock);
const methods = (server: RpcServer) => server.batches.flat().map(({ method }) => method);

function clientsOf(endpoints: () => RpcEndpoints) {
  const recording = createRecordingLog();
  return { recording, clients: createChainClients(async () => endpoints(), recording.log) };
}

describe('the client of a chain', () => {
  it("is given after its endpoint's chain id was checked, once", async () => {
    const server = await node(31_337);
    const { clients } = clientsOf(() => ({ '31337': [server.url] }));
    const first = await clients.for(31_337, within());
    expect(await clients.for(31_337, within())).toBe(first);
    expect(methods(server)).toEqual(['eth_chainId']);
  });

  it('is another one, checked again, when its endpoints change', async () => {
    const [before, after] = [await node(1), await node(1)];
    let endpoints = [before.url];
    const { clients } = clientsOf(() => ({ '1': endpoints }));
    const first = await clients.for(1, within());
    endpoints = [after.url];
    expect(await clients.for(1, within())).not.toBe(first);
    expect(methods(after)).toEqual(['eth_chainId']);
  });

  it('is refused when the secret has no endpoint for the chain', async () => {
    const { clients } = clientsOf(() => ({ '1': ['http://127.0.0.1:9/hush'] }));
    const error = await caughtLater(HavenError, () => clients.for(31_337, within()));
    expect(error.code).toBe('CONFIGURATION');
    expect(error.message).not.toContain('hush');
  });

  it('is refused when its endpoint serves another chain, without showing the endpoint', async () => {
    const server = await node(1);
    const { clients } = clientsOf(() => ({ '31337': [`${server.url}/hush`] }));
    const error = await caughtLater(HavenError, () => clients.for(31_337, within()));
    expect(error).toMatchObject({ code: 'CONFIGURATION', message: 'The RPC endpoint of chain 31337 serves chain 1' });
  });

  it('is not given before its chain id was seen, and is asked for again next time', async () => {
    let answer: RpcAnswer = { status: 503, text: '' };
    const server = await startRpcServer(() => answer);
    servers.push(server);
    const { clients } = clientsOf(() => ({ '1': [server.url] }));
    await caughtLater(RpcTransportError, () => clients.for(1, within()));
    answer = { json: [{ jsonrpc: '2.0', id: 0, result: '0x1' }] };
    expect(await (await clients.for(1, within())).chainId(within())).toBe(1);
  });

  it('logs a failing endpoint with the chain that it is of', async () => {
    const server = await startRpcServer(() => ({ status: 500, text: '' }));
    servers.push(server);
    const { clients, recording } = clientsOf(() => ({ '1': [server.url] }));
    await caughtLater(RpcTransportError, () => clients.for(1, within()));
    expect(recording.of('RPC_ENDPOINT_FAILED')).toMatchObject([{ chain_id: 1, endpoint_index: 0 }]);
  });
});

describe('an endpoint of another chain is never asked for more than its chain id', () => {
  const balance = { eth_getTransactionCount: '0x0', eth_getBalance: '0x0', eth_getBlockByNumber: null };

  it('when it stands behind a good one that fails later', async () => {
    let up = true;
    const good = await startRpcServer((calls) =>
      up ? answering({ eth_chainId: '0x1' })(calls) : { status: 503, text: '' },
    );
    servers.push(good);
    const wrong = await node(5, balance);
    const { clients } = clientsOf(() => ({ '1': [good.url, wrong.url] }));
    const client = await clients.for(1, within());
    up = false;
    await client.account(`0x${'0'.repeat(40)}`, within()).catch(() => undefined);
    expect(methods(wrong).filter((method) => method !== 'eth_chainId')).toEqual([]);
  });

  it('when it stands before a good one and failed while the chain id was checked', async () => {
    let up = false;
    const wrong = await startRpcServer((calls) =>
      up ? answering({ eth_chainId: '0x5', ...balance })(calls) : { status: 503, text: '' },
    );
    servers.push(wrong);
    const good = await node(1, balance);
    const { clients } = clientsOf(() => ({ '1': [wrong.url, good.url] }));
    const client = await clients.for(1, within());
    up = true;
    await client.account(`0x${'0'.repeat(40)}`, within()).catch(() => undefined);
    expect(methods(wrong).filter((method) => method !== 'eth_chainId')).toEqual([]);
  });
});

it('an answer that cannot be right makes the next endpoint be asked', async () => {
  const broken = await node(1, { eth_getTransactionCount: null, eth_getBalance: null, eth_getBlockByNumber: null });
  const head = { number: '0x1', hash: `0x${'b'.repeat(64)}`, timestamp: '0x1' };
  const good = await node(1, { eth_getTransactionCount: '0x7', eth_getBalance: '0x0', eth_getBlockByNumber: head });
  const { clients } = clientsOf(() => ({ '1': [broken.url, good.url] }));
  const client = await clients.for(1, within());
  expect(await client.account(`0x${'0'.repeat(40)}`, within())).toMatchObject({ latestCount: 7 });
});

describe('the RPC secret', () => {
  it('lists one endpoint or more by chain id', () => {
    const secret = { '1': ['https://a.example/key', 'http://127.0.0.1:8545'], '31337': ['http://127.0.0.1:8545'] };
    expect(rpcSecretSchema.parse(secret)).toEqual(secret);
  });

  it.each([
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
