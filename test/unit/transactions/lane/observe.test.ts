import { describe, expect, it } from 'vitest';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { RpcCall } from '#shared/platform/chain/json-rpc.ts';
import { toQuantity } from '#shared/platform/chain/quantities.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { observe } from '#shared/transactions/lane/observe.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { snapshotOf } from '#test/support/fakes/lane-situations.ts';
import { attemptOf, hash32, mined, submitted } from '#test/support/fakes/ledger-transactions.ts';

const DEADLINE = Deadline.in(1_000, createFakeClock().now);

/** A chain at block 110 on which the nonces below the count are used, each in the block of its number and 100. */
function lookingAt(count: number, mined: ReadonlyMap<string, number>) {
  const asked: (readonly RpcCall[])[] = [];
  const block = (number: number) => ({ number: toQuantity(number), hash: hash32(`block ${number}`), timestamp: '0x1' });
  const receipt = (hash: string, number: number) => ({
    transactionHash: hash,
    blockNumber: toQuantity(number),
    blockHash: hash32(`block ${number}`),
    status: '0x1',
    gasUsed: '0x5208',
    effectiveGasPrice: '0x1',
  });
  const answer = ({ method, params: [first] }: RpcCall): unknown => {
    if (method === 'eth_getTransactionCount') return toQuantity(count);
    if (method === 'eth_getBalance') return '0x7';
    if (method === 'eth_getBlockByNumber') return block(first === 'latest' ? 110 : Number(first));
    const number = mined.get(String(first));
    return number === undefined ? null : receipt(String(first), number);
  };
  const client = new ChainClient({
    async ask(calls, read) {
      asked.push(calls);
      return read(calls.map((call) => ({ ok: true, result: answer(call) })));
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
    expect(asked[2]?.map(({ params: [number] }) => number)).toEqual(['0x6d', '0x6e']);
    expect([...view.receipts.keys()]).toEqual([...found.keys()]);
    expect(view.canonicalHashes).toEqual(
      new Map([
        [109, hash32('block 109')],
        [110, hash32('block 110')],
      ]),
    );
  });
});
