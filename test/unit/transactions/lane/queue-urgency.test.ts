import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteFees } from '#shared/transactions/lane/fees.ts';
import { quoteFirst, speedsByAge } from '#shared/transactions/lane/queue-urgency.ts';
import { type Speed, speedSchema } from '#shared/transactions/transaction.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { answered } from '#test/support/fakes/fake-rpc.ts';
import { queued, TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';
import { createLaneBench } from '#test/support/model/lane-bench.ts';

const GWEI = 10n ** 9n;
const BLOCK_MS = TEST_CHAIN.block_time_ms;

const speedsAfter = (speed: Speed, blocks: number, waiting_for: 'fees' | 'funds' | null = 'fees') =>
  speedsByAge(queued(1, { speed, waiting_for }), TEST_CHAIN, TEST_NOW_MS + blocks * BLOCK_MS);

describe('a queued transaction that is held for fees', () => {
  it.each([
    ['slow', 49, ['slow']],
    ['slow', 50, ['standard', 'slow']],
    ['slow', 100, ['fast', 'standard', 'slow']],
    ['slow', 100_000, ['fastest', 'fast', 'standard', 'slow']],
    ['standard', 25, ['fast', 'standard']],
    ['fast', 15, ['fastest', 'fast']],
    ['fastest', 1_000, ['fastest']],
  ] as const)('and accepted as %s is worth, after %i blocks, %j', (speed, blocks, speeds) => {
    expect(speedsAfter(speed, blocks)).toEqual(speeds);
  });

  it('is not yet any older by a clock that is behind that of its acceptance', () => {
    expect(speedsAfter('slow', -500)).toEqual(['slow']);
  });

  it.each(['funds', null] as const)('gains nothing while it waits for something else: %s', (waitingFor) => {
    expect(speedsAfter('slow', 1_000, waitingFor)).toEqual(['slow']);
  });

  it('is never quoted above the cap, nor held because of its age, and never quoted less than it was accepted for', () => {
    const tip = fc.bigInt({ min: 0n, max: 50n * GWEI });
    const tips = fc.array(tip, { minLength: 4, maxLength: 4 }).map((row) => row.toSorted((a, b) => (a < b ? -1 : 1)));
    const wei = fc.bigInt({ min: 0n, max: 100n * GWEI });
    fc.assert(
      fc.property(
        tips,
        wei,
        wei,
        fc.constantFrom(...speedSchema.options),
        fc.nat({ max: 200 }),
        (row, base, cap, speed, blocks) => {
          const history = { baseFees: [base, base], rewards: [row] };
          const own = quoteFees(history, speed, cap);
          const aged = quoteFirst((one, capWei) => quoteFees(history, one, capWei), speedsAfter(speed, blocks), cap);
          expect(aged.ok).toBe(own.ok);
          if (!aged.ok || !own.ok) return;
          expect(aged.fees.maxFeePerGas <= cap).toBe(true);
          expect(aged.fees.maxPriorityFeePerGas >= own.fees.maxPriorityFeePerGas).toBe(true);
        },
      ),
      { seed: 20_261_122, numRuns: 500 },
    );
  });

  it('is signed for the speed of its age as soon as fees fall', async () => {
    let baseWei = 1_000n * GWEI;
    const hex = (wei: bigint) => `0x${wei.toString(16)}`;
    const bench = createLaneBench({
      answer: ([call]) =>
        call?.method === 'eth_feeHistory'
          ? [
              answered({
                baseFeePerGas: [hex(baseWei), hex(baseWei)],
                reward: [[1n, 2n, 3n, 4n].map((tip) => hex(tip * GWEI))],
              }),
            ]
          : undefined,
    });
    bench.accept(1, { speed: 'slow' });
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ status: 'queued', waiting_for: 'fees' });
    bench.pass(100 * BLOCK_MS);
    baseWei = GWEI;
    await bench.run();
    expect(bench.transaction(1).attempts).toMatchObject([{ max_priority_fee_per_gas: (3n * GWEI).toString() }]);
  });
});
