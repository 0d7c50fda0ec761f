import { describe, expect, it } from 'vitest';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { RpcResponseError } from '#shared/platform/chain/rpc-errors.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { findNonceUse } from '#shared/transactions/lane/nonce-use.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { hash32, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';

const HEAD = { number: 300, hash: hash32('head'), timestampSeconds: 0 };
const hex = (value: number) => `0x${value.toString(16)}`;

/** Asks a node in whose chain the account's count goes up with certain blocks. */
async function find(
  nonce: number,
  counts: (block: number) => number | undefined,
  listed: readonly object[] = [],
  from = 274,
) {
  const requests: string[][] = [];
  const answer = ({ method, params }: RpcCall): RpcOutcome => {
    if (method === 'eth_getBlockByNumber') {
      const block = { number: params[0], hash: HEAD.hash, timestamp: '0x0', transactions: listed };
      return { ok: true, result: block };
    }
    const count = counts(Number(params[1]));
    if (count === undefined) return { ok: false, error: new RpcResponseError('missing trie node', -32_000, undefined) };
    return { ok: true, result: hex(count) };
  };
  const client = new ChainClient({
    ask: async (calls, read) => {
      requests.push(calls.map(({ method }) => method));
      return read(calls.map(answer));
    },
  });
  const deadline = Deadline.in(1_000, createFakeClock().now);
  const use = await findNonceUse(client, { address: TEST_WALLET.address, nonce }, from, HEAD, deadline);
  return { use, requests };
}

const sent = (hash: string, nonce: number, from = TEST_WALLET.address.toLowerCase()) => ({
  hash,
  nonce: hex(nonce),
  from,
});

describe('who used a nonce', () => {
  it('is the transaction of the account with it, in the block after which the count is past it', async () => {
    const listed = [
      sent(hash32('other account'), 5, `0x${'1'.repeat(40)}`),
      sent(hash32('other nonce'), 4),
      sent(hash32('it'), 5),
    ];
    const { use, requests } = await find(5, (block) => (block >= 250 ? 6 : 5), listed);
    expect(use).toEqual({ hash: hash32('it'), blockNumber: 250 });
    expect(requests).toHaveLength(2);
  });

  it('is nobody while the nonce is free', async () => {
    expect((await find(5, () => 5)).use).toBeUndefined();
  });

  it('is found in thousands of blocks by a few requests', async () => {
    const { use, requests } = await find(5, (block) => (block >= 123 ? 6 : 5), [sent(hash32('it'), 5)], 0);
    expect(use).toEqual({ hash: hash32('it'), blockNumber: 123 });
    expect(requests).toHaveLength(3);
  });

  it('is found in the block right after the one in which it was free', async () => {
    expect((await find(5, () => 9, [sent(hash32('it'), 5)])).use).toEqual({ hash: hash32('it'), blockNumber: 211 });
  });

  it('is out of reach when the node has let go of the state before', async () => {
    expect((await find(5, (block) => (block < 280 ? undefined : 9))).use).toEqual({ hash: null, blockNumber: 280 });
  });

  it('is nobody’s when the block lists no transaction of the account: an authorization may have used it', async () => {
    expect((await find(5, (block) => (block >= 250 ? 6 : 5), [])).use).toEqual({ hash: null, blockNumber: 250 });
  });
});
