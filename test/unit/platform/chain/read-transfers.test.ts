import { describe, expect, it } from 'vitest';
import type { RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { readTransfers } from '#shared/platform/chain/read-transfers.ts';
import { ChainMovedError, RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { readTransferLog, TRANSFER_TOPIC } from '#shared/platform/chain/transfer-log.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { createFakeChain, refusal } from '#test/support/fakes/fake-chain.ts';

const TOKEN = `0x${'70'.repeat(20)}`;
const TO = `0x${'0a'.repeat(20)}`;
const deadline = Deadline.in(10_000, Date.now);

function open() {
  const chain = createFakeChain({ chainId: 1, startSeconds: 1_000 });
  chain.mine({ name: 'a', to: TO, value: 5n }, { name: 'b', to: null, value: 1n }, { name: 'c', to: TO });
  chain.mine({ name: 'd', logs: [{ token: TOKEN, to: TO, amount: 7n }] });
  const read = (tokens: readonly string[] = [TOKEN]) => readTransfers(chain.rpc, { from: 1, to: 2, tokens }, deadline);
  return { chain, read };
}

describe('reading a range of blocks', () => {
  it('gives what each block moved, in one request', async () => {
    const { chain, read } = open();
    const answer = await read();
    expect(answer).toMatchObject({
      kind: 'read',
      parentHash: chain.blocks[0]?.hash,
      blocks: [
        { number: 1, transfers: [{ to: TO, amount: 5n, logIndex: null, tokenAddress: null }] },
        { number: 2, transfers: [{ to: TO, amount: 7n, logIndex: 0, tokenAddress: TOKEN }] },
      ],
    });
    expect(chain.asked).toHaveLength(1);
  });

  it('asks for no logs where no token is accepted: without an address those of all contracts would come', async () => {
    const { chain, read } = open();
    await read([]);
    expect(chain.asked.flat().map(({ method }) => method)).toEqual(['eth_getBlockByNumber', 'eth_getBlockByNumber']);
  });

  it.each<[string, (call: RpcCall) => unknown]>([
    [
      'lacks a block',
      ({ method, params }) => (method === 'eth_getBlockByNumber' && params[0] === '0x2' ? null : undefined),
    ],
    [
      'tells a log of another block',
      ({ method }) => (method === 'eth_getLogs' ? [log({ blockHash: `0x${'99'.repeat(32)}` })] : undefined),
    ],
    [
      'tells a log of no block of the range',
      ({ method }) => (method === 'eth_getLogs' ? [log({ blockNumber: '0x9' })] : undefined),
    ],
    [
      'tells of a block that does not follow the one before',
      ({ method, params }) =>
        method === 'eth_getBlockByNumber' && params[0] === '0x2'
          ? {
              number: '0x2',
              hash: `0x${'22'.repeat(32)}`,
              parentHash: `0x${'33'.repeat(32)}`,
              timestamp: '0x1',
              transactions: [],
            }
          : undefined,
    ],
  ])('is to be begun anew when the endpoint %s', async (_what, lie) => {
    const { chain, read } = open();
    chain.lie((call): RpcOutcome | undefined => {
      const result = lie(call);
      return result === undefined ? undefined : { ok: true, result };
    });
    await expect(read()).rejects.toBeInstanceOf(ChainMovedError);
  });

  it('passes over logs that were removed, and those of tokens that nobody asked for', async () => {
    const { chain, read } = open();
    const blockHash = chain.blocks[2]?.hash;
    const strange = [log({ blockHash, removed: true }), log({ blockHash, address: `0x${'71'.repeat(20)}` })];
    chain.lie(({ method }) => (method === 'eth_getLogs' ? { ok: true, result: strange } : undefined));
    expect(await read()).toMatchObject({ blocks: [{ number: 1 }, { number: 2, transfers: [] }] });
  });

  it.each([
    'query returned more than 10000 results',
    'Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range',
    'eth_getLogs is limited to a 10,000 range',
    'block range is too wide',
    'exceed maximum block range: 5000',
    'response is too big (exceeded limit of 10485760)',
    'query timeout exceeded',
  ])('is too much when an endpoint says: %s', async (message) => {
    const { chain, read } = open();
    chain.lie(({ method }) => (method === 'eth_getLogs' ? refusal(message) : undefined));
    expect(await read()).toEqual({ kind: 'too_large' });
  });

  it('fails when it is refused for another reason', async () => {
    const { chain, read } = open();
    chain.lie(({ method }) => (method === 'eth_getLogs' ? refusal('missing trie node') : undefined));
    await expect(read()).rejects.toBeInstanceOf(RpcTransportError);
  });
});

/** A log of block 2, as nodes tell it. */
function log(overrides: object = {}) {
  return {
    address: TOKEN,
    topics: [TRANSFER_TOPIC, `0x${'1'.padStart(64, '0')}`, `0x${'2'.padStart(64, '0')}`],
    data: `0x${'5'.padStart(64, '0')}`,
    blockNumber: '0x2',
    blockHash: `0x${'bb'.repeat(32)}`,
    transactionHash: `0x${'dd'.repeat(32)}`,
    logIndex: '0x0',
    ...overrides,
  };
}

describe('a Transfer log', () => {
  const parsed = (overrides: object = {}) =>
    readTransferLog({
      ...log(overrides),
      blockNumber: 2,
      logIndex: 0,
      blockHash: `0x${'bb'.repeat(32)}`,
      removed: false,
    });

  it('says who got how much', () => {
    expect(parsed()).toMatchObject({ amount: 5n, to: `0x${'2'.padStart(40, '0')}`, logIndex: 0 });
  });

  it.each<[string, object]>([
    ['of ERC-721, which has a fourth topic', { topics: [TRANSFER_TOPIC, ...Array(3).fill(`0x${'0'.repeat(64)}`)] }],
    ['that indexes nothing', { topics: [TRANSFER_TOPIC] }],
    [
      'of another event',
      { topics: [`0x${'ee'.repeat(32)}`, `0x${'1'.padStart(64, '0')}`, `0x${'2'.padStart(64, '0')}`] },
    ],
    ['of nothing', { data: `0x${'0'.repeat(64)}` }],
    ['with data of another length', { data: `0x${'5'.padStart(128, '0')}` }],
    [
      'with more than an address in a topic',
      { topics: [TRANSFER_TOPIC, `0x${'1'.repeat(64)}`, `0x${'2'.padStart(64, '0')}`] },
    ],
    ['to its sender', { topics: [TRANSFER_TOPIC, `0x${'1'.padStart(64, '0')}`, `0x${'1'.padStart(64, '0')}`] }],
  ])('%s is none', (_what, overrides) => {
    expect(parsed(overrides)).toBeUndefined();
  });
});
