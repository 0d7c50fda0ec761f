import { describe, expect, it } from 'vitest';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { FREE_AFTER_FACTOR, REPLACE_AFTER_BLOCKS } from '#shared/transactions/lane/replacement.ts';
import { createLaneBench, type LaneBench } from '#test/support/model/lane-bench.ts';
import { MODEL_GAS } from '#test/support/model/model-chain.ts';

const GWEI = 10n ** 9n;
/** Mainnet's pace: a run ends after its broadcast. */
const SLOW_CHAIN = { block_time_ms: 12_000 };
const PATIENCE_MS = REPLACE_AFTER_BLOCKS.standard * SLOW_CHAIN.block_time_ms;
/** What a transfer is signed for while fees are usual: 3 gwei per gas. */
const USUAL_WEI = 3n * GWEI * MODEL_GAS;

/** The first transaction is not mined in time and is signed anew; the next one is queued when that is due. */
async function replaceBeforeNext(bench: LaneBench): Promise<void> {
  bench.chain.stall(REPLACE_AFTER_BLOCKS.standard + 2);
  bench.accept(1);
  await bench.run();
  bench.pass(PATIENCE_MS);
  bench.accept(2);
  await bench.run();
  expect(bench.transaction(1).attempts).toHaveLength(2);
}

describe('signing anew', () => {
  it('and sending are done on two reads, because the second use of a key follows the record of the first', async () => {
    const claims: number[] = [];
    const bench = createLaneBench({
      chain: SLOW_CHAIN,
      store: (real) => ({
        load: (key) => {
          claims.push(0);
          return real.load(key);
        },
        claim: (...args) => {
          claims.push((claims.pop() ?? 0) + 1);
          return real.claim(...args);
        },
      }),
    });
    await replaceBeforeNext(bench);
    expect(bench.transaction(2).status).toBe('submitted');
    expect(Math.max(...claims)).toBe(1);
    expect(claims.filter((count) => count > 0)).toHaveLength(3);
  });
});

describe('money that a replacement is promised', () => {
  it.each([
    ['is held back from what is sent after it', 0n, { status: 'queued', waiting_for: 'funds' }],
    ['leaves the rest to what is sent after it', USUAL_WEI / 10n, { status: 'submitted', waiting_for: null }],
  ])('%s', async (_name, extraWei, expected) => {
    const bench = createLaneBench({ chain: SLOW_CHAIN, balanceWei: 2n * USUAL_WEI + 10n + extraWei });
    await replaceBeforeNext(bench);
    expect(bench.transaction(2)).toMatchObject(expected);
  });
});

describe('a transaction that nobody wants any more', () => {
  /** Its first broadcast is lost before any node has it, and it is given up before the next; its no-op is too dear. */
  async function givenUp(paused = false) {
    let isLost = true;
    const handed: string[] = [];
    const bench = createLaneBench({
      chain: SLOW_CHAIN,
      answer: (calls) => {
        if (calls[0]?.method !== 'eth_sendRawTransaction') return undefined;
        if (isLost) return new RpcTransportError('reset');
        handed.push(...calls.map(({ params }) => String(params[0])));
        return undefined;
      },
    });
    bench.accept(1);
    await bench.run();
    isLost = false;
    const transaction = bench.transaction(1);
    const cancellation = { reason: 'requested', requested_at: '', requested_by: 'key_1', outcome: 'pending' } as const;
    bench.ledger.transactions.set(transaction.id, { ...transaction, cancellation });
    for (const [id, state] of bench.ledger.custody) bench.ledger.custody.set(id, { ...state, paused });
    bench.chain.spike(10);
    bench.pass(SLOW_CHAIN.block_time_ms);
    await bench.run();
    return { bench, handed };
  }

  it('is not handed over as it is while its no-op waits for fees, and ends by the no-op', async () => {
    const { bench, handed } = await givenUp();
    expect(handed).toEqual([]);
    expect(bench.transaction(1)).toMatchObject({ status: 'signed', waiting_for: 'fees' });
    for (let looks = 0; looks < 3; looks += 1) {
      bench.pass(20 * SLOW_CHAIN.block_time_ms);
      await bench.run();
    }
    expect(bench.transaction(1)).toMatchObject({ status: 'cancelled' });
  });

  it('waits for its key while that is paused', async () => {
    const { bench, handed } = await givenUp(true);
    expect(handed).toEqual([]);
    expect(bench.transaction(1)).toMatchObject({ status: 'signed', waiting_for: 'custody' });
  });
});

describe('a transaction that is below what blocks ask, and whose lane waits for it', () => {
  const FREE_AFTER = FREE_AFTER_FACTOR * REPLACE_AFTER_BLOCKS.standard;
  /** Below what blocks ask while fees are high; twice as much is enough. */
  const CAP_WEI = 600n * GWEI;

  /** The most that the first of a lane has offered after so many blocks of high fees. */
  async function offered(blocks: number, others: number, secondWei?: bigint) {
    const second = secondWei === undefined ? {} : { max_noop_fee_per_gas_wei: secondWei.toString() };
    const bench = createLaneBench({ chain: { ...SLOW_CHAIN, max_fee_per_gas_wei: CAP_WEI.toString(), ...second } });
    for (let n = 1; n <= 1 + others; n += 1) bench.accept(n);
    await bench.run();
    bench.chain.spike(10_000);
    for (let passed = 0; passed < blocks; passed += 5) {
      bench.pass(5 * SLOW_CHAIN.block_time_ms);
      await bench.run();
    }
    const most = Math.max(...bench.transaction(1).attempts.map((attempt) => Number(attempt.max_fee_per_gas)));
    return { bench, mostWei: BigInt(most) };
  }

  it('passes the cap up to the second limit, and all is mined', async () => {
    const { bench, mostWei } = await offered(FREE_AFTER + 5, 1);
    expect(mostWei > CAP_WEI && mostWei <= 2n * CAP_WEI).toBe(true);
    expect(bench.transaction(1)).toMatchObject({ status: 'confirmed' });
    expect(bench.transaction(2).attempts.every((attempt) => BigInt(attempt.max_fee_per_gas) <= CAP_WEI)).toBe(true);
  });

  it.each([
    ['before it has waited four times as long as a version is given', FREE_AFTER - 5, 1, undefined],
    ['while nothing waits behind it', FREE_AFTER + 50, 0, undefined],
    ['where the second limit would not suffice either', FREE_AFTER + 50, 1, 800n * GWEI],
  ])('does not pass it %s', async (_name, blocks, others, secondWei) => {
    const { bench, mostWei } = await offered(blocks, others, secondWei);
    expect(mostWei <= CAP_WEI).toBe(true);
    // A look that hands it over again leaves it to the next one to say what it waits for.
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ status: 'submitted', waiting_for: 'fees' });
  });
});
