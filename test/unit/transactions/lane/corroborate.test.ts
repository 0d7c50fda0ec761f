import { describe, expect, it } from 'vitest';
import type { RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { toQuantity } from '#shared/platform/chain/quantities.ts';
import { AWAY_AFTER_MS } from '#shared/transactions/lane/witness.ts';
import { answered } from '#test/support/fakes/fake-rpc.ts';
import { hash32, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { BLOCK_MS, deep, elsewhere, SLOW_CHAIN } from '#test/support/model/deep-transaction.ts';
import { type BenchOptions, createLaneBench } from '#test/support/model/lane-bench.ts';

const CHECK = ['eth_getBlockByNumber', 'eth_getTransactionCount', 'eth_getTransactionReceipt'];

describe('what would be final by one endpoint', () => {
  it('is confirmed when another one agrees, which was asked once, in one request', async () => {
    const bench = await deep(() => undefined);
    expect(bench.transaction(1).status).toBe('confirmed');
    expect(bench.askedOther).toEqual([CHECK]);
    expect(bench.log.of('FINALITY_DISPUTED')).toEqual([]);
  });

  it('is not asked about while nothing would be final', async () => {
    const bench = createLaneBench({ chain: SLOW_CHAIN, other: () => undefined });
    bench.accept(1);
    await bench.run();
    bench.pass(2 * BLOCK_MS);
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ status: 'mined', confirmations: 2 });
    expect(bench.askedOther).toEqual([]);
  });

  it('is not final when another one disagrees; the lane goes on looking, and says so', async () => {
    const bench = await deep(elsewhere(1_000));
    expect(bench.transaction(1).status).toBe('mined');
    expect(await bench.run()).toEqual({ kind: 'due', inMs: BLOCK_MS / 2 });
    const [said] = bench.log.of('FINALITY_DISPUTED');
    expect(said).toMatchObject({ endpoint: 'other', disputed: [`receipt ${bench.transaction(1).id}`] });
    expect(bench.metrics.counts()['FinalityDisputed']).toBe(bench.askedOther.length);
  });

  it('becomes final as soon as they agree', async () => {
    let differs = true;
    const bench = await deep((calls) => (differs ? elsewhere(1_000)(calls) : undefined));
    differs = false;
    await bench.run();
    expect(bench.transaction(1).status).toBe('confirmed');
  });

  it('waits quietly for one that is a few blocks behind', async () => {
    const nowSeconds = () => Math.floor(bench.clock.now() / 1_000);
    let late = true;
    const bench = createLaneBench({
      chain: SLOW_CHAIN,
      other: (calls) => (late ? elsewhere(100, nowSeconds())(calls) : undefined),
    });
    bench.accept(1);
    await bench.run();
    bench.pass(3 * BLOCK_MS);
    await bench.run();
    expect(bench.transaction(1).status).toBe('mined');
    expect(bench.log.of('FINALITY_DISPUTED')).toEqual([]);
    late = false;
    await bench.run();
    expect(bench.transaction(1).status).toBe('confirmed');
  });

  it('is final when the chain has no other', async () => {
    const bench = await deep(undefined);
    expect(bench.transaction(1).status).toBe('confirmed');
  });

  it.each([
    ['gives no answer', () => new Error('down')],
    ['stands still', elsewhere(100, 1)],
  ])('is final without another one that %s once that has lasted, and says what it waits for', async (_name, other) => {
    const bench = await deep(other);
    expect(bench.transaction(1).status).toBe('mined');
    expect(bench.log.of('SECOND_OPINION_MISSING')[0]).toMatchObject({
      waiting: [`receipt ${bench.transaction(1).id}`],
    });
    bench.pass(BLOCK_MS);
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ status: 'mined', waiting_for: 'lane' });
    bench.pass(AWAY_AFTER_MS);
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ status: 'confirmed', waiting_for: null });
    expect(bench.log.of('FINALITY_DISPUTED')).toEqual([]);
  });

  it('says so when another one is too far behind to ever agree, and does not go on alone', async () => {
    const nowSeconds = () => Math.floor(bench.clock.now() / 1_000);
    const bench = createLaneBench({ chain: SLOW_CHAIN, other: (calls) => elsewhere(100, nowSeconds())(calls) });
    bench.accept(1);
    await bench.run();
    for (let minutes = 0; minutes < 20; minutes += 1) {
      bench.pass(60_000);
      await bench.run();
    }
    expect(bench.transaction(1)).toMatchObject({ status: 'mined', waiting_for: 'lane' });
    expect(bench.metrics.counts()['SecondOpinionMissing']).toBeGreaterThan(0);
  });

  it('is not final when one that contradicted, with an old head, goes away', async () => {
    let says: BenchOptions['other'] = elsewhere(1_000, 1);
    const bench = await deep((calls) => says?.(calls));
    bench.pass(10 * AWAY_AFTER_MS);
    await bench.run();
    says = () => new Error('down');
    bench.pass(10 * AWAY_AFTER_MS);
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ status: 'mined', waiting_for: 'lane' });
  });

  it('is not final because one answer of the other endpoint got lost', async () => {
    let lost = 0;
    const bench = await deep((calls) => {
      lost += 1;
      return lost === 1 ? new Error('down') : elsewhere(1_000)(calls);
    });
    bench.pass(30 * BLOCK_MS);
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ status: 'mined', waiting_for: 'lane' });
    expect(bench.log.of('FINALITY_DISPUTED')).not.toEqual([]);
  });

  it('is not final, however deep, by an endpoint that was contradicted, until one agrees', async () => {
    let says: BenchOptions['other'] = elsewhere(1_000);
    const bench = await deep((calls) => says?.(calls));
    says = () => new Error('down');
    bench.pass(30 * BLOCK_MS);
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ status: 'mined', waiting_for: 'lane' });
    expect([...bench.ledger.lanes.values()][0]?.disputed_by).toBe('other');
    says = () => undefined;
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ status: 'confirmed', waiting_for: null });
    expect([...bench.ledger.lanes.values()][0]?.disputed_by).toBeNull();
  });
});

describe('a nonce that would be given up by one endpoint', () => {
  it('is given up when another one has the stranger there, too', async () => {
    const bench = await deep(() => undefined, true);
    expect(bench.transaction(1).attempts.map(({ nonce }) => nonce)).toEqual([0, 1]);
    expect(bench.askedOther).toContainEqual([...CHECK.slice(0, 2), 'eth_getTransactionByHash']);
  });

  it.each([
    ['disagrees', elsewhere(1_000), { FinalityDisputed: 1 }],
    ['gives no answer', () => new Error('down'), { SecondOpinionMissing: 1 }],
    ['stands still', elsewhere(100, 1), { SecondOpinionMissing: 1 }],
    [
      'has someone else as its sender',
      withSender('0x70997970C51812dc3A010C7d01b50e0d17dc79C8'),
      { FinalityDisputed: 1 },
    ],
  ])(
    'is kept however deep it is while another one %s: else it could be executed twice',
    async (_name, other, counted) => {
      const bench = await deep(other, true);
      expect(bench.metrics.counts()).toMatchObject(counted);
      bench.pass(20 * BLOCK_MS);
      await bench.run();
      expect(bench.transaction(1)).toMatchObject({ status: 'submitted', nonce: 0, waiting_for: 'lane' });
      expect(bench.metrics.counts()['NonceUsedByOthers']).toBeUndefined();
      expect(bench.log.of('SECOND_OPINION_MISSING').concat(bench.log.of('FINALITY_DISPUTED'))[0]).toMatchObject(
        'FinalityDisputed' in counted ? { disputed: ['foreign use 0'] } : { waiting: ['foreign use 0'] },
      );
    },
  );

  /** Answers as if the chain had the stranger's transaction in its third block from the end, sent by someone. */
  function withSender(from: string) {
    return (calls: readonly RpcCall[]): readonly RpcOutcome[] =>
      calls.map((call) =>
        call.method === 'eth_getTransactionByHash'
          ? answered({ from, nonce: '0x0', blockNumber: toQuantity(101) })
          : (elsewhere(1_000)([call])[0] ?? answered(null)),
      );
  }
});

describe('nonces by one endpoint', () => {
  it('that the lane never gave are not passed by, nor anything signed after them, while another one disagrees', async () => {
    let lies = true;
    const bench = createLaneBench({
      chain: SLOW_CHAIN,
      answer: (calls) =>
        lies && calls.some(({ method }) => method === 'eth_getBalance')
          ? [
              answered({ number: '0x64', hash: hash32('lie'), timestamp: '0x6553f100' }),
              answered(toQuantity(1_000)),
              answered('0xde0b6b3a7640000'),
            ]
          : undefined,
      other: () => undefined,
    });
    bench.accept(1);
    expect(await bench.run()).toEqual({ kind: 'due', inMs: BLOCK_MS / 2 });
    expect(bench.transaction(1)).toMatchObject({ status: 'queued', nonce: null });
    expect(bench.log.of('FINALITY_DISPUTED')).toMatchObject([{ disputed: ['used nonces 999'] }]);
    lies = false;
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ status: 'submitted', nonce: 0, from: TEST_WALLET.address });
  });
});
