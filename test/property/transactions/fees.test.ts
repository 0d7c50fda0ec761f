import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Fees, quoteFees, SPEED_PERCENTILES } from '#shared/transactions/lane/fees.ts';
import { type Speed, speedSchema } from '#shared/transactions/transaction.ts';

const RUNS = { seed: 20_261_121, numRuns: 500 };
const FLOOR = 1_000_000n;

const wei = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 10n ** 12n }));
/** What one block paid: percentiles rise within a block, as a node gives them. */
const block = fc.tuple(wei, wei, wei, wei).map((tips) => tips.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
const history = fc.record({
  baseFees: fc.array(wei, { maxLength: 11 }),
  rewards: fc.array(block, { maxLength: 10 }),
});
const cap = fc.bigInt({ min: 1n, max: 3n * 10n ** 12n });
const speed: fc.Arbitrary<Speed> = fc.constantFrom(...speedSchema.options);

const feesOf = (quote: ReturnType<typeof quoteFees>): Fees | undefined => (quote.ok ? quote.fees : undefined);

describe('a quote', () => {
  it('never offers more than the cap, nor a tip above the whole', () => {
    fc.assert(
      fc.property(history, speed, cap, (given, wanted, capWei) => {
        const fees = feesOf(quoteFees(given, wanted, capWei));
        fc.pre(fees !== undefined);
        expect(fees.maxFeePerGas <= capWei).toBe(true);
        expect(fees.maxPriorityFeePerGas <= fees.maxFeePerGas).toBe(true);
      }),
      RUNS,
    );
  });

  it('tips at least 0.001 gwei and always pays what the next block asks', () => {
    fc.assert(
      fc.property(history, speed, cap, (given, wanted, capWei) => {
        const fees = feesOf(quoteFees(given, wanted, capWei));
        fc.pre(fees !== undefined);
        expect(fees.maxPriorityFeePerGas >= FLOOR).toBe(true);
        expect(fees.maxFeePerGas >= (given.baseFees.at(-1) ?? 0n) + fees.maxPriorityFeePerGas).toBe(true);
      }),
      RUNS,
    );
  });

  it('is refused only when the cap is below what the next block asks', () => {
    fc.assert(
      fc.property(history, speed, cap, (given, wanted, capWei) => {
        const quote = quoteFees(given, wanted, capWei);
        fc.pre(!quote.ok);
        expect(quote.neededWei > capWei).toBe(true);
      }),
      RUNS,
    );
  });

  it('rises with the speed, in tip and in whole', () => {
    const speeds = speedSchema.options.toSorted((a, b) => SPEED_PERCENTILES[a] - SPEED_PERCENTILES[b]);
    fc.assert(
      fc.property(history, (given) => {
        const quotes = speeds.map((one) => feesOf(quoteFees(given, one, 10n ** 18n)));
        for (const [index, faster] of quotes.entries()) {
          const slower = quotes[index - 1];
          if (slower === undefined || faster === undefined) continue;
          expect(faster.maxPriorityFeePerGas >= slower.maxPriorityFeePerGas).toBe(true);
          expect(faster.maxFeePerGas >= slower.maxFeePerGas).toBe(true);
        }
      }),
      RUNS,
    );
  });
});
