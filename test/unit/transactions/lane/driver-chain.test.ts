import { describe, expect, it } from 'vitest';
import type { RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { RpcResponseError, RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { laneName } from '#shared/transactions/lane/lane.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { createLaneBench, type LaneBench } from '#test/support/model/lane-bench.ts';
import { MODEL_LANE } from '#test/support/model/lane-ledger.ts';
import { MODEL_GAS } from '#test/support/model/model-chain.ts';
import { dependsOn } from '#test/support/model/model-node.ts';

const SLOW_CHAIN = { block_time_ms: 12_000 };

const isSend = (calls: readonly RpcCall[]) => calls[0]?.method === 'eth_sendRawTransaction';
const refusing =
  (message: string) =>
  (calls: readonly RpcCall[]): readonly RpcOutcome[] | undefined =>
    isSend(calls)
      ? calls.map(() => ({ ok: false, error: new RpcResponseError(message, -32_000, undefined) }))
      : undefined;

/** A driver's first run, which ends after the broadcast: blocks are far apart. */
async function broadcastOnce(answer: (calls: readonly RpcCall[]) => readonly RpcOutcome[] | Error | undefined) {
  const bench = createLaneBench({ chain: SLOW_CHAIN, answer });
  bench.accept(1);
  await bench.run();
  return bench;
}

/** A transaction that the account's owner sent without Haven. */
const STRANGER = {
  hash: `0x${'9'.repeat(64)}`,
  nonce: 0,
  valueWei: 9n,
  gasLimit: 21_000n,
  maxFeePerGas: 10n ** 10n,
  maxPriorityFeePerGas: 10n ** 9n,
  data: '0x',
};

describe('what a node says to signed bytes', () => {
  it('is stored with the time: accepted', async () => {
    const bench = await broadcastOnce(() => undefined);
    expect(bench.transaction(1)).toMatchObject({
      status: 'submitted',
      waiting_for: null,
      attempts: [{ outcome: 'accepted', broadcast_at: new Date(TEST_NOW_MS).toISOString() }],
    });
    expect(bench.log.of('BROADCAST_REFUSED')).toEqual([]);
  });

  it.each([
    ['already known', 'submitted', 'accepted', null, 0],
    ['nonce too low', 'submitted', 'unknown', null, 1],
    ['nonce too high', 'signed', 'refused', 'lane', 1],
    ['transaction underpriced', 'signed', 'refused', 'fees', 1],
    ['tx fee (1.06 ether) exceeds the configured cap (1.00 ether)', 'signed', 'refused', 'circuit', 1],
    ['insufficient funds for gas * price + value', 'signed', 'refused', 'funds', 1],
    ['intrinsic gas too low', 'signed', 'refused', null, 1],
    ['txpool is full', 'signed', 'refused', null, 1],
  ])('%j leaves it %s, the attempt %s, waiting for %s', async (message, status, outcome, waiting_for, refused) => {
    const bench = await broadcastOnce(refusing(message));
    expect(bench.transaction(1)).toMatchObject({ status, waiting_for, attempts: [{ outcome }] });
    expect(bench.log.of('BROADCAST_REFUSED')).toHaveLength(refused);
    expect(bench.metrics.counts()['BroadcastRefused'] ?? 0).toBe(refused);
  });

  it.each([
    [
      'nothing: the connection broke',
      (calls: readonly RpcCall[]) => (isSend(calls) ? new RpcTransportError('x') : undefined),
    ],
    [
      'less than asked for',
      (calls: readonly RpcCall[]) => (isSend(calls) ? [{ ok: true, result: 'nonsense' } as const] : undefined),
    ],
  ])('being %s leaves it signed with an unknown outcome', async (_name, answer) => {
    const bench = await broadcastOnce(answer);
    expect(bench.transaction(1)).toMatchObject({ status: 'signed', attempts: [{ outcome: 'unknown' }] });
  });

  it('never changes the bytes: the same are handed over until the node has them', async () => {
    const handed: unknown[] = [];
    const bench = createLaneBench({
      answer(calls) {
        if (!isSend(calls)) return undefined;
        handed.push(calls[0]?.params[0]);
        return handed.length < 4 ? new RpcTransportError('no route') : undefined;
      },
    });
    bench.accept(1);
    expect(await bench.run()).toEqual({ kind: 'rest' });
    expect(handed.length).toBe(4);
    expect(new Set(handed).size).toBe(1);
    expect(bench.transaction(1)).toMatchObject({ status: 'confirmed', attempts: [{ outcome: 'mined' }] });
  });

  it('may differ within a batch, and each transaction has its own', async () => {
    const bench = createLaneBench({
      chain: SLOW_CHAIN,
      answer: (calls) =>
        isSend(calls)
          ? calls.map((_, index) =>
              index === 0
                ? { ok: true, result: `0x${'1'.repeat(64)}` }
                : { ok: false, error: new RpcResponseError('txpool is full', -32_000, undefined) },
            )
          : undefined,
    });
    bench.accept(1);
    bench.accept(2);
    await bench.run();
    expect(bench.transaction(1).status).toBe('submitted');
    expect(bench.transaction(2).status).toBe('signed');
  });
});

describe('a reorganisation', () => {
  /** Two blocks deep in the second run of a driver: mined and not final. */
  async function minedOnce(chain = {}): Promise<LaneBench> {
    const bench = createLaneBench({ chain: { ...SLOW_CHAIN, ...chain } });
    bench.accept(1);
    await bench.run();
    bench.pass(12_000);
    await bench.run();
    expect(bench.transaction(1).status).toBe('mined');
    return bench;
  }

  it('takes a mined transaction back to submitted, and says so', async () => {
    const bench = await minedOnce();
    bench.chain.stall(5);
    bench.chain.reorganise(1, true, false, bench.clock.now());
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({
      status: 'submitted',
      block_number: null,
      block_hash: null,
      succeeded: null,
      gas_used: null,
      confirmations: 0,
    });
    expect(bench.log.of('TRANSACTION_REORGED')).toHaveLength(1);
    expect(bench.metrics.counts()).toMatchObject({ TransactionReorged: 1 });
  });

  it('is followed by another broadcast when the node lost the transaction', async () => {
    const bench = await minedOnce();
    bench.chain.stall(1);
    bench.chain.reorganise(1, true, true, bench.clock.now());
    await bench.run();
    bench.pass(6_000);
    await bench.run();
    expect(bench.chain.pooled(0)?.hash).toBe(bench.transaction(1).hash);
  });

  it('does not fail what depends on a transaction that it took away: that one will be mined again', async () => {
    const bench = await minedOnce({ required_confirmations: 6 });
    bench.accept(2, { data: dependsOn(1) });
    bench.chain.stall(5);
    bench.chain.reorganise(1, true, true, bench.clock.now());
    await bench.run();
    expect(bench.transaction(2)).toMatchObject({ status: 'queued', waiting_for: 'lane' });
  });
});

describe('money', () => {
  /** One transfer may cost 3 gwei per gas and really costs 2: there is enough for one at a time, and for two in turn. */
  const balanceWei = 5n * 10n ** 9n * MODEL_GAS + 10n;

  it('that a mined transaction has spent is no longer kept back for it: the next is sent when it is seen mined', async () => {
    const bench = createLaneBench({ balanceWei, chain: { ...SLOW_CHAIN, in_flight_cap: 1 } });
    bench.accept(1);
    bench.accept(2);
    await bench.run();
    bench.pass(12_000);
    await bench.run();
    expect(bench.transaction(1).status).toBe('mined');
    expect(bench.transaction(2)).toMatchObject({ status: 'submitted', waiting_for: null });
    expect(bench.log.of('LANE_HELD')).toEqual([]);
  });

  it('is kept back for what is not mined', async () => {
    const bench = createLaneBench({ balanceWei, chain: SLOW_CHAIN });
    bench.accept(1);
    bench.accept(2);
    await bench.run();
    expect(bench.transaction(1).status).toBe('submitted');
    expect(bench.transaction(2)).toMatchObject({ status: 'queued', waiting_for: 'funds' });
  });
});

describe('a nonce that a stranger used', () => {
  it.each([
    ['as soon as that is final', { other: () => undefined }, 3],
    ['when that is twice as deep, where the chain has one endpoint', {}, 6],
  ])('is left to the stranger %s, and the transaction is sent with another', async (_name, options, blocks) => {
    const bench = createLaneBench({ chain: SLOW_CHAIN, ...options });
    bench.accept(1);
    await bench.run();
    bench.chain.forgetPool();
    bench.chain.pool(STRANGER);
    bench.pass((blocks - 1) * 12_000);
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ status: 'submitted', nonce: 0 });
    bench.pass(12_000);
    await bench.run();
    expect(bench.log.of('NONCE_USED_BY_OTHERS')).toMatchObject([
      { transaction_id: bench.transaction(1).id, nonce: 0, hash: STRANGER.hash },
    ]);
    expect(bench.metrics.counts()).toMatchObject({ NonceUsedByOthers: 1, CriticalAlert: 1 });
    expect(bench.transaction(1)).toMatchObject({ status: 'submitted', nonce: 1 });
    expect(bench.transaction(1).attempts.map(({ nonce }) => nonce)).toEqual([0, 1]);
    expect(bench.ledger.lanes.get(laneName(MODEL_LANE))).toMatchObject({
      in_flight: [{ nonce: 1, id: bench.transaction(1).id }],
      foreign: [{ nonce: 0, hash: STRANGER.hash }],
    });
  });
});
