import { describe, expect, it } from 'vitest';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { HEAD_CHECK_MS } from '#shared/platform/chain/endpoint-pool.ts';
import type { RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { DISTRUST_MS } from '#shared/platform/chain/pool-endpoint.ts';
import { ChainMovedError } from '#shared/platform/chain/rpc-errors.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import {
  atHead,
  beside,
  down,
  endpoint,
  headIs,
  named,
  POOL_CHAIN,
  poolOf,
} from '#test/support/fakes/endpoint-pool.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { answered, createFakeRpc, type FakeRpc, refused } from '#test/support/fakes/fake-rpc.ts';
import { hash32, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';

const CALL: RpcCall = { method: 'eth_getBalance', params: ['0x1', 'latest'] };
const HASH = hash32('ours');
const STRANGER = hash32('stranger');
const QUESTION = { address: TEST_WALLET.address, receipts: [HASH], transactions: [STRANGER] };

/** Who answers when some are not to be asked. */
async function otherThan(endpoints: readonly FakeRpc[], ...besides: readonly string[]) {
  const pool = poolOf(endpoints);
  const answer = await pool.rpc.askOther?.(new Set(besides), [CALL], ([outcome]) => outcome, pool.within);
  return { ...pool, answer };
}

describe('another endpoint', () => {
  it('is the best of those that were not asked before', async () => {
    const { answer } = await otherThan([named('a'), named('b'), named('c')], 'a');
    expect(answer).toEqual({ kind: 'answered', value: answered('b'), endpoint: 'b' });
  });

  it('is the next one when the best fails, which is said', async () => {
    const { answer, log } = await otherThan([named('a'), down(), named('c')], 'a');
    expect(answer).toEqual({ kind: 'answered', value: answered('c'), endpoint: 'c' });
    expect(log.of('RPC_ENDPOINT_FAILED')).toMatchObject([{ endpoint: 'b' }]);
  });

  it.each([
    ['the only one', [named('a')], ['a'], 'only'],
    ['not there when all had a part', [named('a'), named('b')], ['a', 'b'], 'involved'],
    ['not usable when it is down', [named('a'), down()], ['a'], 'unusable'],
    [
      'not usable when it refuses',
      [named('a'), endpoint((calls) => calls.slice(1).map(() => refused()))],
      ['a'],
      'unusable',
    ],
    ['not usable when it is of another chain', [named('a'), createFakeRpc(() => [answered('0x1')])], ['a'], 'unusable'],
  ] as const)('is %s', async (_name, endpoints, besides, kind) => {
    const client = (pool: ReturnType<typeof poolOf>) => new ChainClient(pool.rpc);
    const pool = poolOf(endpoints);
    expect((await client(pool).other(QUESTION, new Set(besides), pool.within)).kind).toBe(kind);
  });

  it('is not one whose circuit is open, nor one from the future', async () => {
    const open = await otherThan([named('a'), down()], 'a');
    for (let count = 0; count < 8; count += 1) {
      await open.rpc.askOther?.(new Set(['a']), [CALL], ([outcome]) => outcome, open.within);
    }
    expect(await open.circuit(1).standing()).toMatchObject({ standing: 'refuse' });
    const future = endpoint(() => [headIs(100, TEST_NOW_MS / 1_000 + 1_000)]);
    const { rpc, within } = poolOf([named('a'), future]);
    const head: RpcCall = { method: 'eth_getBlockByNumber', params: ['latest', false] };
    expect(await rpc.askOther?.(new Set(['a']), [head], ([outcome]) => outcome, within)).toEqual({ kind: 'unusable' });
  });

  it('may be one that lags, after those that do not', async () => {
    const { rpc, ask, clock, within } = poolOf([named('a'), atHead('b', () => 90), atHead('c', () => 100)]);
    // Each is measured by what was known when it named its head.
    for (let look = 0; look < 2; look += 1) {
      await ask(CALL);
      await beside();
      clock.advance(HEAD_CHECK_MS);
    }
    const other = (...besides: readonly string[]) =>
      rpc.askOther?.(new Set(besides), [CALL], (_outcomes, name) => name, within);
    expect(await other('a')).toMatchObject({ value: 'c' });
    expect(await other('a', 'c')).toMatchObject({ value: 'b' });
  });
});

describe('an endpoint that two others contradict', () => {
  it('comes after all others for a while, and is told of once', async () => {
    const { rpc, ask, clock, log } = poolOf([named('a'), named('b'), named('c')]);
    rpc.distrust?.(new Set(['a']));
    rpc.distrust?.(new Set(['a']));
    expect(await ask(CALL)).toEqual(answered('b'));
    expect(log.of('RPC_ENDPOINT_OUTVOTED')).toMatchObject([{ endpoint: 'a' }]);
    clock.advance(DISTRUST_MS);
    expect(await ask(CALL)).toEqual(answered('a'));
  });

  it('is asked all the same where no other answers', async () => {
    const { rpc, ask } = poolOf([named('a'), down()]);
    rpc.distrust?.(new Set(['a']));
    expect(await ask(CALL)).toEqual(answered('a'));
  });
});

describe('whose word it is', () => {
  it('is noted of every answer that was used, with the anchor and without', async () => {
    const { rpc, within } = poolOf([atHead('a', () => 100), atHead('b', () => 100)]);
    const names = new Set<string>();
    const client = new ChainClient(rpc).noting(names);
    const head = await client.head(within);
    expect([...names]).toEqual(['a']);
    await client.at(head).blockHashes([100], within);
    expect([...names]).toEqual(['a']);
    const moved = client.at({ ...head, hash: hash32('another') }).blockHashes([100], within);
    await caughtLater(ChainMovedError, () => moved);
    expect([...names]).toEqual(['a']);
  });

  it('is that of the endpoint that answered after another one had failed', async () => {
    const { rpc, within } = poolOf([down(), atHead('b', () => 100)]);
    const names = new Set<string>();
    await new ChainClient(rpc).noting(names).head(within);
    expect([...names]).toEqual(['b']);
  });
});

describe('a second look', () => {
  const hex = (value: number) => `0x${value.toString(16)}`;
  const looking = (answers: Readonly<Record<string, RpcOutcome>>) => {
    const second = endpoint((calls) => calls.map(({ method }) => answers[method] ?? refused()));
    const pool = poolOf([named('a'), second]);
    return { second, look: () => new ChainClient(pool.rpc).other(QUESTION, new Set(['a']), pool.within) };
  };
  const KNOWN = {
    eth_chainId: answered(hex(POOL_CHAIN)),
    eth_getBlockByNumber: headIs(110),
    eth_getTransactionCount: answered('0x6'),
    eth_getTransactionReceipt: answered({
      transactionHash: HASH,
      blockNumber: '0x6c',
      blockHash: hash32('block'),
      status: '0x0',
      gasUsed: '0x1',
    }),
    eth_getTransactionByHash: answered({
      from: TEST_WALLET.address,
      nonce: '0x5',
      blockNumber: '0x6d',
      blockHash: hash32('b'),
    }),
  };

  const RECEIPT = {
    transactionHash: HASH,
    blockNumber: 108,
    blockHash: hash32('block'),
    succeeded: false,
    gasUsed: 1n,
  };

  it('is one request, at the head of the one who is asked', async () => {
    const { second, look } = looking(KNOWN);
    expect(await look()).toEqual({
      kind: 'answered',
      endpoint: 'b',
      value: {
        head: { number: 110, timestampSeconds: 1 },
        latestCount: 6,
        receipts: new Map([[HASH, RECEIPT]]),
        transactions: new Map([[STRANGER, { from: TEST_WALLET.address, nonce: 5, blockNumber: 109 }]]),
      },
    });
    const looks = second.asked.filter((calls) => calls.some(({ method }) => method !== 'eth_chainId'));
    expect(looks.map((calls) => calls.map(({ params: [first] }) => first))).toEqual([
      ['latest', TEST_WALLET.address, HASH, STRANGER, undefined],
    ]);
  });

  it('leaves out what is not known, and a transaction that is in no block is nowhere', async () => {
    const pending = answered({ from: TEST_WALLET.address, nonce: '0x5', blockNumber: null });
    const { look } = looking({
      ...KNOWN,
      eth_getTransactionReceipt: answered(null),
      eth_getTransactionByHash: pending,
    });
    expect(await look()).toMatchObject({
      value: { receipts: new Map(), transactions: new Map([[STRANGER, { nonce: 5, blockNumber: null }]]) },
    });
  });

  it.each(Object.keys(KNOWN).filter((method) => method !== 'eth_chainId'))(
    'is none when %s is refused, or nonsense',
    async (method) => {
      for (const answer of [refused(), answered('nonsense'), answered({ blockNumber: 'x' })]) {
        expect(await looking({ ...KNOWN, [method]: answer }).look()).toEqual({ kind: 'unusable' });
      }
    },
  );
});
