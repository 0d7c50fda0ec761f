import { describe, expect, it } from 'vitest';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { RpcCall } from '#shared/platform/chain/json-rpc.ts';
import { toQuantity } from '#shared/platform/chain/quantities.ts';
import { ChainMovedError } from '#shared/platform/chain/rpc-errors.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { observe } from '#shared/transactions/lane/observe.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { snapshotOf } from '#test/support/fakes/lane-situations.ts';
import { attemptOf, hash32, mined, submitted } from '#test/support/fakes/ledger-transactions.ts';

/** Asked for with all that follows the first request: the node must have the head that was named in it. */
const HEAD = toQuantity(110);
const DEADLINE = Deadline.in(1_000, createFakeClock().now);

/** What the node behind the later requests has at the height of the head; the same block unless said otherwise. */
interface FollowUp {
  readonly receipts?: null | string;
  readonly blocks?: null | string;
}

/** A chain at block 110 on which the nonces below the count are used, each in the block of its number and 100. */
function lookingAt(count: number, mined: ReadonlyMap<string, number>, followUp: FollowUp = {}) {
  const asked: (readonly RpcCall[])[] = [];
  const block = (number: number) => ({ number: toQuantity(number), hash: hash32(`block ${number}`), timestamp: '0x1' });
  const receipt = (hash: string, number: number) => ({
    transactionHash: hash,
    blockNumber: toQuantity(number),
    blockHash: hash32(`block ${number}`),
    status: '0x1',
    gasUsed: '0x5208',
  });
  const answer = ({ method, params: [first] }: RpcCall): unknown => {
    if (method === 'eth_getTransactionCount') return toQuantity(count);
    if (method === 'eth_getBalance') return '0x7';
    if (method === 'eth_getBlockByNumber')
      return { ...block(first === 'latest' ? 110 : Number(first)), transactions: [] };
    const number = mined.get(String(first));
    return number === undefined ? null : receipt(String(first), number);
  };
  const client = new ChainClient({
    async ask(calls, read) {
      asked.push(calls);
      const other = [undefined, followUp.receipts, followUp.blocks][asked.length - 1];
      const results = calls.map((call, index) => {
        if (other === undefined || index < calls.length - 1) return answer(call);
        return other === null ? null : { ...block(110), hash: other };
      });
      return read(results.map((result) => ({ ok: true, result })));
    },
  });
  return { client, asked };
}

describe('a look at the chain', () => {
  it('is one request while nothing in flight can be mined', async () => {
    const { client, asked } = lookingAt(5, new Map());
    const { view, balanceWei } = await observe(
      client,
      snapshotOf({ inFlight: [submitted(5), submitted(6)] }),
      DEADLINE,
    );
    expect(asked).toHaveLength(1);
    expect(view).toMatchObject({ head: { number: 110 }, latestCount: 5, receipts: new Map() });
    expect(balanceWei).toBe(7n);
  });

  it('asks for receipts of all hashes ever signed, for the nonces that are used and no others', async () => {
    const replaced = submitted(5, { attempts: [attemptOf(5, { hash: hash32('first') }), attemptOf(5)] });
    const { client, asked } = lookingAt(6, new Map());
    await observe(client, snapshotOf({ inFlight: [mined(4, 109), replaced, submitted(6)] }), DEADLINE);
    expect(asked[1]?.map(({ params: [hash] }) => hash)).toEqual([
      attemptOf(4).hash,
      hash32('first'),
      attemptOf(5).hash,
      HEAD,
    ]);
  });

  it('asks for the canonical hash of every block that a receipt names, once', async () => {
    const found = new Map([
      [attemptOf(4).hash, 109],
      [attemptOf(5).hash, 109],
      [attemptOf(6).hash, 110],
    ]);
    const { client, asked } = lookingAt(7, found);
    const inFlight = [mined(4, 109), submitted(5), submitted(6)];
    const { view } = await observe(client, snapshotOf({ inFlight }), DEADLINE);
    expect(asked[2]?.map(({ params: [number] }) => number)).toEqual(['0x6d', '0x6e', HEAD]);
    expect([...view.receipts.keys()]).toEqual([...found.keys()]);
    expect(view.canonicalHashes).toEqual(
      new Map([
        [109, hash32('block 109')],
        [110, hash32('block 110')],
      ]),
    );
  });

  it.each([
    ['receipts came from a node that does not have the head yet', { receipts: null }, 2],
    ['receipts came from a node on another fork', { receipts: hash32('fork') }, 2],
    ['blocks came from a node that does not have the head yet', { blocks: null }, 3],
    ['blocks came from a node on another fork', { blocks: hash32('fork') }, 3],
  ])('is given up when %s: facts of two chains make no view', async (_name, followUp, requests) => {
    const { client, asked } = lookingAt(5, new Map([[attemptOf(4).hash, 109]]), followUp);
    const look = observe(client, snapshotOf({ inFlight: [mined(4, 109)] }), DEADLINE);
    await expect(look).rejects.toThrow(ChainMovedError);
    expect(asked).toHaveLength(requests);
  });
});
