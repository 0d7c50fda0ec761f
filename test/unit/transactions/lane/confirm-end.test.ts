import { describe, expect, it } from 'vitest';
import type { RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { RpcResponseError } from '#shared/platform/chain/rpc-errors.ts';
import { createLaneBench } from '#test/support/model/lane-bench.ts';
import { MODEL_DATA } from '#test/support/model/model-node.ts';

const REVERT: RpcOutcome = { ok: false, error: new RpcResponseError('execution reverted', 3, undefined) };
const GAS: RpcOutcome = { ok: true, result: '0x5208' };
const BUSY: RpcOutcome = { ok: false, error: new RpcResponseError('too many requests', -32_005, undefined) };
const POOR: RpcOutcome = {
  ok: false,
  error: new RpcResponseError('insufficient funds for gas * price + value', -32_000, undefined),
};

const isSimulation = (calls: readonly RpcCall[]) => calls.some(({ method }) => method === 'eth_estimateGas');

/** An endpoint that says of every simulation the same, at a head and with a count of its own. */
function saying(gas: RpcOutcome, head = '0x64', count = '0x0') {
  return (calls: readonly RpcCall[]): readonly RpcOutcome[] | undefined =>
    isSimulation(calls)
      ? [{ ok: true, result: { number: head, timestamp: '0x1' } }, { ok: true, result: count }, gas]
      : undefined;
}

const silent = (calls: readonly RpcCall[]) => (isSimulation(calls) ? new Error('gone') : undefined);

/** A bench whose first endpoint says that everything reverts. */
function lied(options: Parameters<typeof createLaneBench>[0]) {
  const bench = createLaneBench({
    ...options,
    answer: (calls, truly) =>
      isSimulation(calls)
        ? truly().map((outcome, index) => (calls[index]?.method === 'eth_estimateGas' ? REVERT : outcome))
        : undefined,
  });
  bench.accept(1);
  return bench;
}

describe('a transaction that a simulation would end for good', () => {
  it('is ended where another endpoint says the same', async () => {
    const bench = createLaneBench({ other: saying(REVERT) });
    bench.accept(1, { data: MODEL_DATA.refused });
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ status: 'failed', failure: { code: 'CONTRACT_REVERT' } });
    expect(bench.metrics.counts()['FinalityDisputed']).toBeUndefined();
  });

  it('waits where another endpoint contradicts and there is no third, says for what, and who', async () => {
    const bench = lied({ other: saying(GAS) });
    await bench.run(6_000);
    expect(bench.transaction(1)).toMatchObject({ status: 'queued', waiting_for: 'lane' });
    expect(bench.log.of('FINALITY_DISPUTED')).toMatchObject([
      { endpoint: 'other', against: 'first', disputed: [`simulation ${bench.transaction(1).id}`] },
    ]);
    expect(bench.metrics.counts()).toMatchObject({ FinalityDisputed: 1 });
  });

  it('is sent where two other endpoints say that it succeeds: one liar ends nothing', async () => {
    const bench = lied({ other: saying(GAS), third: saying(GAS) });
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ status: 'confirmed', nonce: 0 });
  });

  it('is ended where a third endpoint says the same: one liar holds nothing up', async () => {
    const bench = createLaneBench({ other: saying(GAS), third: saying(REVERT) });
    bench.accept(1, { data: MODEL_DATA.refused });
    bench.accept(2);
    await bench.run();
    expect(bench.transaction(1).status).toBe('failed');
    expect(bench.transaction(2)).toMatchObject({ status: 'confirmed', nonce: 0 });
  });

  it.each([
    ['gives no answer', silent],
    ['will not simulate', saying(BUSY)],
    ['is far behind', saying(GAS, '0x0')],
  ])('is ended by the one word that there is, where the other endpoint %s', async (_name, other) => {
    const bench = createLaneBench({ other, chain: { rpc_max_head_lag_blocks: 3 } });
    for (let block = 0; block < 10; block += 1) bench.pass(12_000);
    bench.accept(1, { data: MODEL_DATA.refused });
    await bench.run();
    expect(bench.transaction(1).status).toBe('failed');
  });

  it.each([
    ['will not simulate', saying(BUSY)],
    ['is far behind', saying(REVERT, '0x0')],
  ])('is not ended by one word where another endpoint %s, and a third says that it succeeds', async (_name, other) => {
    const bench = lied({ other, third: saying(GAS, '0xffff'), chain: { rpc_max_head_lag_blocks: 3 } });
    for (let block = 0; block < 10; block += 1) bench.pass(12_000);
    await bench.run(6_000);
    expect(bench.transaction(1)).toMatchObject({ status: 'queued', waiting_for: 'lane' });
    expect(bench.log.of('FINALITY_DISPUTED')).toMatchObject([{ endpoint: 'third', against: 'first' }]);
  });

  it('waits where another endpoint says that only money is missing', async () => {
    const bench = lied({ other: saying(POOR) });
    await bench.run(6_000);
    expect(bench.transaction(1)).toMatchObject({ status: 'queued', waiting_for: 'lane' });
  });

  it('is ended by the word of who has seen all of the lane, not of one that has not', async () => {
    const bench = createLaneBench({ other: saying(GAS, '0xffff', '0x0') });
    bench.accept(1);
    await bench.run();
    bench.accept(2, { data: MODEL_DATA.refused });
    await bench.run();
    expect(bench.transaction(2).status).toBe('failed');
  });
});
