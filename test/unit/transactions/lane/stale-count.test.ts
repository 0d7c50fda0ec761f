import { describe, expect, it } from 'vitest';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { answered } from '#test/support/fakes/fake-rpc.ts';
import { BLOCK_MS, elsewhere, SLOW_CHAIN } from '#test/support/model/deep-transaction.ts';
import { type BenchOptions, createLaneBench } from '#test/support/model/lane-bench.ts';

describe('a count that stands still, at a head that does not', () => {
  /** Until silent bytes are handed over again, and the answer has lasted. */
  const STALE_BLOCKS = 13;

  /** A lane whose first endpoint says for ever that nothing of the account is mined, until it is well. */
  async function stale(others: Pick<BenchOptions, 'other' | 'third'>, blocks = STALE_BLOCKS, losesAnswer = false) {
    let isStale = true;
    let isLost = losesAnswer;
    const bench = createLaneBench({
      chain: SLOW_CHAIN,
      ...others,
      answer: (calls, truly) => {
        if (isLost && calls.some(({ method }) => method === 'eth_sendRawTransaction')) {
          isLost = false;
          truly();
          return new RpcTransportError('The answer got lost');
        }
        return isStale && calls.some(({ method }) => method === 'eth_getTransactionCount')
          ? truly().map((outcome, index) =>
              calls[index]?.method === 'eth_getTransactionCount' ? answered('0x0') : outcome,
            )
          : undefined;
      },
    });
    bench.accept(1);
    await bench.run();
    const pass = async (blocks: number) => {
      for (let block = 0; block < blocks; block += 1) {
        bench.pass(BLOCK_MS);
        await bench.run();
      }
    };
    await pass(blocks);
    return { bench, pass, mend: () => (isStale = false) };
  }

  it('is found out when its transaction is silent for long: that waits, and is not signed anew', async () => {
    const { bench, pass, mend } = await stale({ other: () => undefined });
    expect(bench.transaction(1)).toMatchObject({ status: 'submitted', waiting_for: 'lane' });
    expect(bench.log.of('FINALITY_DISPUTED')[0]).toMatchObject({
      endpoint: 'other',
      disputed: [`in no block ${bench.transaction(1).id}`],
    });
    expect(bench.metrics.counts()['FinalityDisputed']).toBeGreaterThan(0);
    await pass(40);
    expect(bench.transaction(1)).toMatchObject({ status: 'submitted', waiting_for: 'lane' });
    expect(bench.transaction(1).attempts).toHaveLength(1);
    mend();
    await pass(1);
    expect(bench.transaction(1)).toMatchObject({ status: 'confirmed', waiting_for: null });
  });

  it.each([
    ['is away', () => new Error('down')],
    ['is always a block late', (head: number) => elsewhere(head - 1, 1_900_000_000)],
  ] as const)(
    'holds nothing up since the one that contradicted %s: a version more has the same nonce',
    async (_name, since) => {
      let now: BenchOptions['other'] | undefined;
      const { bench, pass } = await stale({ other: (calls) => now?.(calls) });
      expect(bench.transaction(1)).toMatchObject({ waiting_for: 'lane', attempts: [{ nonce: 0 }] });
      now = (calls) => {
        const says = since(bench.chain.state().at(-1)?.number ?? 0);
        return says instanceof Error ? says : says(calls);
      };
      await pass(40);
      const { attempts } = bench.transaction(1);
      expect(attempts.length).toBeGreaterThan(1);
      expect(new Set(attempts.map(({ nonce }) => nonce))).toEqual(new Set([0]));
    },
  );

  it('costs its endpoint the first place when two others contradict it', async () => {
    const { bench } = await stale({ other: () => undefined, third: () => undefined });
    expect(new Set(bench.distrusted)).toEqual(new Set(['first']));
  });

  it('is found out as soon as its transaction is deep, where nodes call the nonce used meanwhile', async () => {
    const { bench, pass } = await stale({ other: () => undefined }, 2, true);
    const [refused] = bench.transaction(1).attempts;
    expect(refused).toMatchObject({ outcome: 'unknown', nonce_too_low_since: expect.any(String) });
    expect(bench.askedOther).toEqual([]);
    await pass(6);
    expect(bench.transaction(1)).toMatchObject({ status: 'submitted', waiting_for: 'lane' });
    expect(bench.transaction(1).attempts[0]?.nonce_too_low_since).toBe(refused?.nonce_too_low_since);
  });

  it('is nothing to ask about before', async () => {
    const { bench } = await stale({ other: () => undefined }, 9);
    expect(bench.transaction(1).attempts).toMatchObject([{ outcome: 'accepted', nonce_too_low_since: null }]);
    expect(bench.askedOther).toEqual([]);
  });

  it('is said of one that is too far ahead for the other endpoint to tell, and its transaction is handed over again', async () => {
    const nowSeconds = () => Math.floor(at.now() / 1_000);
    let at = { now: () => 0 };
    const { bench, pass } = await stale({ other: (calls) => elsewhere(90, nowSeconds())(calls) }, 9);
    at = bench.clock;
    expect(bench.metrics.counts()['SecondOpinionMissing']).toBeUndefined();
    await pass(2);
    expect(bench.log.of('SECOND_OPINION_MISSING')[0]).toMatchObject({
      waiting: [`in no block ${bench.transaction(1).id}`],
    });
    expect(bench.transaction(1)).toMatchObject({ status: 'submitted', waiting_for: null });
  });

  it('that another endpoint has, too, is believed: its transaction is signed anew', async () => {
    const { bench, pass } = await stale({ other: elsewhere(1_000) });
    expect(bench.log.of('FINALITY_DISPUTED')).toEqual([]);
    await pass(30);
    expect(bench.transaction(1).attempts.length).toBeGreaterThan(1);
  });
});
