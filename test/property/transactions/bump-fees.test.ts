import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bumpFees, type FeeQuote, quoteLegacyFees } from '#shared/transactions/lane/fees.ts';

const RUNS = { seed: 20_261_122, numRuns: 1_000 };
const wei = fc.bigInt({ min: 1n, max: 10n ** 13n });
const fees = fc
  .tuple(wei, wei)
  .map(([a, b]) =>
    a > b ? { maxFeePerGas: a, maxPriorityFeePerGas: b } : { maxFeePerGas: b, maxPriorityFeePerGas: a },
  );

/** A quote under a cap, as quoteFees makes them. */
const quoted = fc.tuple(fees, wei).map(([offer, cap]): { readonly quote: FeeQuote; readonly capWei: bigint } => ({
  capWei: cap,
  quote:
    offer.maxFeePerGas <= cap
      ? { ok: true, fees: offer, nextBlockWei: offer.maxFeePerGas }
      : { ok: false, neededWei: offer.maxFeePerGas },
}));

describe('fees of a replacement', () => {
  it('are at least a tenth above both fees before, never above the cap, and a tip never above the whole', () => {
    fc.assert(
      fc.property(fees, quoted, (before, { quote, capWei }) => {
        const bumped = bumpFees(quote, before, capWei);
        if (!bumped.ok) return;
        expect(bumped.fees.maxFeePerGas * 10n).toBeGreaterThanOrEqual(before.maxFeePerGas * 11n);
        expect(bumped.fees.maxPriorityFeePerGas * 10n).toBeGreaterThanOrEqual(before.maxPriorityFeePerGas * 11n);
        expect(bumped.fees.maxFeePerGas).toBeLessThanOrEqual(capWei);
        expect(bumped.fees.maxPriorityFeePerGas).toBeLessThanOrEqual(bumped.fees.maxFeePerGas);
      }),
      RUNS,
    );
  });

  it('are refused exactly when the market or a tenth more is above the cap, and say how much is needed', () => {
    fc.assert(
      fc.property(fees, quoted, (before, { quote, capWei }) => {
        const least = (before.maxFeePerGas * 11n + 9n) / 10n;
        const bumped = bumpFees(quote, before, capWei);
        expect(bumped.ok).toBe(quote.ok && least <= capWei);
        if (!bumped.ok) expect(bumped.neededWei).toBeGreaterThan(capWei);
      }),
      RUNS,
    );
  });
});

describe('a gas price on a chain without a base fee', () => {
  it('rises with the speed, is no less than the node suggests and no more than the cap', () => {
    fc.assert(
      fc.property(wei, wei, (suggested, capWei) => {
        const prices = (['slow', 'standard', 'fast', 'fastest'] as const).map((speed) =>
          quoteLegacyFees(suggested, speed, capWei),
        );
        let before = suggested;
        for (const quote of prices) {
          expect(quote.ok).toBe(suggested <= capWei);
          if (!quote.ok) continue;
          expect(quote.fees.maxFeePerGas).toBeGreaterThanOrEqual(before);
          expect(quote.fees.maxFeePerGas).toBeLessThanOrEqual(capWei);
          expect(quote.fees.maxPriorityFeePerGas).toBe(quote.fees.maxFeePerGas);
          before = quote.fees.maxFeePerGas;
        }
      }),
      RUNS,
    );
  });
});
