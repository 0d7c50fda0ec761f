import { describe, expect, it } from 'vitest';
import type { RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { toQuantity } from '#shared/platform/chain/quantities.ts';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { AWAY_AFTER_MS } from '#shared/transactions/lane/witness.ts';
import { answered } from '#test/support/fakes/fake-rpc.ts';
import { hash32, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { type BenchOptions, createLaneBench } from '#test/support/model/lane-bench.ts';

const BLOCK_MS = 12_000;
const SLOW_CHAIN = { block_time_ms: BLOCK_MS };
const CHECK = ['eth_getBlockByNumber', 'eth_getTransactionCount', 'eth_getTransactionReceipt'];

const STRANGER = {
  hash: hash32('stranger'),
  nonce: 0,
  valueWei: 9n,
  gasLimit: 21_000n,
  maxFeePerGas: 10n ** 10n,
  maxPriorityFeePerGas: 10n ** 9n,
  data: '0x',
};

/** A transaction that is three blocks deep in the chain of the first endpoint, and what the other one says to that. */
async function deep(other: BenchOptions['other'], stranger = false, third?: BenchOptions['third']) {
  const others = { ...(other === undefined ? {} : { other }), ...(third === undefined ? {} : { third }) };
  const bench = createLaneBench({ chain: SLOW_CHAIN, ...others });
  bench.accept(1);
  await bench.run();
  if (stranger) {
    bench.chain.forgetPool();
    bench.chain.pool(STRANGER);
  }
  bench.pass(3 * BLOCK_MS);
  await bench.run();
  return bench;
}

/** What an endpoint says that is on a fork of its own, and has neither our transactions nor strangers'. */
const elsewhere =
  (number: number, timestampSeconds = 1_800_000_000) =>
  (calls: readonly RpcCall[]): readonly RpcOutcome[] =>
    calls.map(({ method }) => {
      if (method === 'eth_getTransactionCount') return answered('0x0');
      if (method !== 'eth_getBlockByNumber') return answered(null);
      return answered({ number: toQuantity(number), hash: hash32('fork'), timestamp: toQuantity(timestampSeconds) });
    });

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
