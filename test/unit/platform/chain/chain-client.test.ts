import { describe, expect, it } from 'vitest';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { RpcResponseError, RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createFakeRpc, answered as ok, refused } from '#test/support/fakes/fake-rpc.ts';

const DEADLINE = Deadline.in(1_000, createFakeClock().now);
const HASH_1 = `0x${'1'.repeat(64)}`;
const HASH_2 = `0x${'2'.repeat(64)}`;
const BLOCK_HASH = `0x${'b'.repeat(64)}`;
const ADDRESS = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

const block = (number: string) => ({ number, hash: BLOCK_HASH, timestamp: '0x6553f100', transactions: [] });
const HEAD = { number: 16, hash: BLOCK_HASH, timestampSeconds: 1_700_000_000 };
const receipt = (hash: string, status: string) => ({
  transactionHash: hash,
  blockNumber: '0x10',
  blockHash: BLOCK_HASH,
  status,
  gasUsed: '0x5208',
  logs: [],
});

/** A client whose node gives one batch of outcomes after another. */
function clientOf(...batches: readonly (readonly RpcOutcome[])[]) {
  const rpc = createFakeRpc((_calls, place) => batches[place] ?? []);
  return { client: new ChainClient(rpc), asked: rpc.asked };
}

describe('what a chain is asked, and how its answers are read', () => {
  it('head', async () => {
    const { client, asked } = clientOf([ok(block('0x10'))]);
    expect(await client.head(DEADLINE)).toEqual(HEAD);
    expect(asked).toEqual([[{ method: 'eth_getBlockByNumber', params: ['latest', false] }]]);
  });

  it('account: head, count and balance in one request', async () => {
    const { client, asked } = clientOf([ok(block('0x10')), ok('0x7'), ok('0xde0b6b3a7640000')]);
    expect(await client.account(ADDRESS, DEADLINE)).toEqual({
      head: HEAD,
      latestCount: 7,
      balanceWei: 10n ** 18n,
    });
    expect(asked.map((calls) => calls.map(({ method }) => method))).toEqual([
      ['eth_getBlockByNumber', 'eth_getTransactionCount', 'eth_getBalance'],
    ]);
  });

  it('receipts: by the hash that was asked for; what is in no block is absent', async () => {
    const { client } = clientOf([ok(receipt(HASH_1, '0x0')), ok(null)]);
    const receipts = await client.receipts([HASH_1, HASH_2], DEADLINE);
    expect([...receipts.keys()]).toEqual([HASH_1]);
    expect(receipts.get(HASH_1)).toEqual({
      transactionHash: HASH_1,
      blockNumber: 16,
      blockHash: BLOCK_HASH,
      succeeded: false,
      gasUsed: 21_000n,
    });
  });

  it.each([
    ['0x1', true],
    ['0x0', false],
  ])('a receipt with status %s: succeeded is %j', async (status, succeeded) => {
    const { client } = clientOf([ok(receipt(HASH_1, status))]);
    expect((await client.receipts([HASH_1], DEADLINE)).get(HASH_1)?.succeeded).toBe(succeeded);
  });

  it('blockHashes: by number; one beyond the head is absent', async () => {
    const { client, asked } = clientOf([ok(block('0x10')), ok(null)]);
    expect(await client.blockHashes([16, 17], DEADLINE)).toEqual(new Map([[16, BLOCK_HASH]]));
    expect(asked[0]?.map(({ params }) => params)).toEqual([
      ['0x10', false],
      ['0x11', false],
    ]);
  });

  it('feeHistory', async () => {
    const { client, asked } = clientOf([ok({ baseFeePerGas: ['0x7', '0x8'], reward: [['0x1', '0x2']] })]);
    expect(await client.feeHistory(1, [10, 90], DEADLINE)).toEqual({ baseFees: [7n, 8n], rewards: [[1n, 2n]] });
    expect(asked[0]?.[0]?.params).toEqual(['0x1', 'latest', [10, 90]]);
  });

  it.each([{ baseFeePerGas: ['0x0'] }, { baseFeePerGas: ['0x0'], reward: null }])(
    'feeHistory of a chain that has no rewards: %j',
    async (answer) => {
      const { client } = clientOf([ok(answer)]);
      expect(await client.feeHistory(1, [], DEADLINE)).toEqual({ baseFees: [0n], rewards: [] });
    },
  );

  it('estimateGas: each against the pending state, a refusal kept in its place', async () => {
    const { client, asked } = clientOf([ok('0x5208'), refused('execution reverted')]);
    const calls = [
      { from: ADDRESS, to: ADDRESS, valueWei: 0n, data: '0x' },
      { to: ADDRESS, data: '0xa9059cbb' },
    ];
    expect(await client.estimateGas(calls, DEADLINE)).toMatchObject([
      { ok: true, value: 21_000n },
      { ok: false, error: { message: 'execution reverted' } },
    ]);
    expect(asked[0]?.map(({ params }) => params)).toEqual([
      [{ from: ADDRESS, to: ADDRESS, value: '0x0', data: '0x' }, 'pending'],
      [{ to: ADDRESS, data: '0xa9059cbb' }, 'pending'],
    ]);
  });

  it('sendRaw: in the order of the nonces, a refusal kept in its place', async () => {
    const { client, asked } = clientOf([ok(HASH_1), refused('nonce too low')]);
    expect(await client.sendRaw(['0x01', '0x02'], DEADLINE)).toMatchObject([
      { ok: true, value: HASH_1 },
      { ok: false, error: { message: 'nonce too low', rpcCode: -32000 } },
    ]);
    expect(asked[0]?.map(({ params }) => params)).toEqual([['0x01'], ['0x02']]);
  });

  it('read: everything at the block that it tells of', async () => {
    const { client, asked } = clientOf([ok(block('0x10'))], [ok('0x2a'), refused('execution reverted')]);
    const { head, results } = await client.read(
      [
        { to: ADDRESS, data: '0x1' },
        { to: ADDRESS, data: '0x2' },
      ],
      DEADLINE,
    );
    expect(head.number).toBe(16);
    expect(results).toMatchObject([{ ok: true, value: '0x2a' }, { ok: false }]);
    expect(asked[1]?.map(({ params }) => params[1])).toEqual(['0x10', '0x10']);
  });
});

describe('an answer that cannot be right is no answer', () => {
  it.each<readonly [string, readonly RpcOutcome[], (client: ChainClient) => Promise<unknown>]>([
    ...['7', 7, '0xffffffffffffff', '0x', null, undefined].map(
      (count) =>
        [
          `a transaction count of ${JSON.stringify(count)}`,
          [ok(block('0x1')), ok(count), ok('0x0')],
          (client: ChainClient) => client.account(ADDRESS, DEADLINE),
        ] as const,
    ),
    ['a head that is no block', [ok('0x10')], (client) => client.head(DEADLINE)],
    ['a head without a result', [ok(undefined)], (client) => client.head(DEADLINE)],
    ['no outcome', [], (client) => client.head(DEADLINE)],
    ['a head that is null', [ok(null), ok('0x0'), ok('0x0')], (client) => client.account(ADDRESS, DEADLINE)],
    [
      'a balance below nothing',
      [ok(block('0x1')), ok('0x0'), ok('-0x1')],
      (client) => client.account(ADDRESS, DEADLINE),
    ],
    [
      'a receipt without its block',
      [ok({ transactionHash: HASH_1, status: '0x1' })],
      (client) => client.receipts([HASH_1], DEADLINE),
    ],
    ['a short hash', [ok('0x1234')], (client) => client.sendRaw(['0x01'], DEADLINE)],
    ['gas that is null', [ok(null)], (client) => client.estimateGas([{ to: ADDRESS, data: '0x' }], DEADLINE)],
  ])('%s', async (_name, outcomes, ask) => {
    const error = await caughtLater(RpcTransportError, () => ask(clientOf(outcomes).client));
    expect(error.code).toBe('RPC_CONNECTION');
  });
});

describe('a refusal where none is expected is no answer: another endpoint may give one', () => {
  it.each<readonly [string, (client: ChainClient) => Promise<unknown>]>([
    ['head', (client) => client.head(DEADLINE)],
    ['account', (client) => client.account(ADDRESS, DEADLINE)],
    ['receipts', (client) => client.receipts([HASH_1], DEADLINE)],
    ['blockHashes', (client) => client.blockHashes([1], DEADLINE)],
    ['feeHistory', (client) => client.feeHistory(1, [], DEADLINE)],
    ['read', (client) => client.read([], DEADLINE)],
  ])('%s', async (_name, ask) => {
    const { client } = clientOf([refused('hush'), refused(), refused()]);
    const error = await caughtLater(RpcTransportError, () => ask(client));
    expect(error.code).toBe('RPC_CONNECTION');
    expect(error.message).not.toContain('hush');
    expect(error.cause).toBeInstanceOf(RpcResponseError);
  });
});
