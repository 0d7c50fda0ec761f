import { describe, expect, it } from 'vitest';
import type { RpcCall } from '#shared/platform/chain/json-rpc.ts';
import { AWAY_AFTER_MS } from '#shared/transactions/lane/witness.ts';
import { BLOCK_MS, deep, elsewhere, SLOW_CHAIN } from '#test/support/model/deep-transaction.ts';
import { type BenchOptions, createLaneBench } from '#test/support/model/lane-bench.ts';

describe('what two of three endpoints contradict each other about', () => {
  it.each([
    ['a transaction', false],
    ["a stranger's use of a nonce", true],
  ])('is final when the third bears the first out: %s', async (_name, stranger) => {
    const bench = await deep(elsewhere(1_000), stranger, () => undefined);
    expect(bench.transaction(1)).toMatchObject(stranger ? { nonce: 1 } : { status: 'confirmed', waiting_for: null });
    expect([...bench.ledger.lanes.values()][0]?.disputed_by).toBeNull();
  });

  it('is said of who was outvoted, and that one comes after the others for a while', async () => {
    const bench = await deep(elsewhere(1_000), false, () => undefined);
    expect(bench.distrusted).toEqual(['other']);
    expect(bench.log.of('FINALITY_DISPUTED')).toMatchObject([{ endpoint: 'other', outvoted_by: 'third' }]);
    expect(bench.metrics.counts()['FinalityDisputed']).toBe(1);
  });

  it('is not final when the third contradicts the first, too, which then comes after both', async () => {
    const bench = await deep(elsewhere(1_000), false, elsewhere(1_000));
    expect(bench.transaction(1).status).toBe('mined');
    expect(bench.distrusted).toEqual(['first']);
  });

  it.each([
    ['is down', () => new Error('down')],
    ['is behind', (calls: readonly RpcCall[]) => elsewhere(100, 1_900_000_000)(calls)],
  ])('waits while the third %s, and nobody is distrusted', async (_name, third) => {
    const bench = await deep(elsewhere(1_000), false, third);
    expect(bench.transaction(1).status).toBe('mined');
    expect([...bench.ledger.lanes.values()][0]?.disputed_by).toBe('other');
    expect(bench.distrusted).toEqual([]);
  });

  it('is not waited for when both others are far behind a head that nobody else has: its endpoint comes after them', async () => {
    const nowSeconds = () => Math.floor(bench.clock.now() / 1_000);
    const late = (number: number) => (calls: readonly RpcCall[]) => elsewhere(number, nowSeconds())(calls);
    const bench = createLaneBench({ chain: SLOW_CHAIN, other: late(90), third: late(91) });
    bench.accept(1);
    await bench.run();
    bench.pass(3 * BLOCK_MS);
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ status: 'mined', waiting_for: 'lane' });
    expect(bench.distrusted).toEqual(['first']);
    expect(bench.log.of('FINALITY_DISPUTED')).toEqual([]);
    expect(bench.metrics.counts()['SecondOpinionMissing']).toBe(1);
  });

  it('is not final because the third stands still, however long one endpoint was enough before', async () => {
    let says: BenchOptions['other'] = () => new Error('down');
    const bench = await deep((calls) => says?.(calls), false, elsewhere(100, 1));
    for (let looks = 0; looks < 2; looks += 1) {
      bench.pass(AWAY_AFTER_MS);
      await bench.run();
    }
    expect(bench.transaction(1).status).toBe('confirmed');
    says = elsewhere(1_000);
    bench.accept(2);
    await bench.run();
    bench.pass(3 * BLOCK_MS);
    await bench.run();
    expect(bench.transaction(2)).toMatchObject({ status: 'mined' });
    expect(bench.distrusted).toEqual([]);
  });

  it('is written down once, not with each block that goes by', async () => {
    const bench = await deep(elsewhere(1_000_000));
    bench.pass(BLOCK_MS);
    await bench.run();
    const before = bench.transaction(1);
    expect(before).toMatchObject({ status: 'mined', waiting_for: 'lane' });
    bench.pass(5 * BLOCK_MS);
    await bench.run();
    expect(bench.transaction(1).version).toBe(before.version);
  });
});
