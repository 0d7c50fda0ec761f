import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { minorDigits } from '#shared/platform/money/currencies.ts';
import type { Price } from '#shared/prices/price.ts';
import { quote } from '#shared/prices/quote.ts';
import { caught } from '#test/support/fakes/caught.ts';

const priceOf = (units: bigint, decimals: number, currency = 'USD'): Price => ({
  chainId: 1,
  asset: 'ETH',
  currency,
  units,
  decimals,
  updatedAtSeconds: null,
  blockNumber: null,
  readAtSeconds: null,
  source: 'fixed',
});

/** An amount, a price, an asset. */
interface Case {
  readonly minorUnits: bigint;
  readonly currency: string;
  readonly units: bigint;
  readonly decimals: number;
  readonly assetDecimals: number;
}

const currencies = fc.constantFrom('JPY', 'USD', 'KWD');
const cases: fc.Arbitrary<Case> = fc.record({
  minorUnits: fc.bigInt({ min: 0n, max: 10n ** 15n }),
  currency: currencies,
  units: fc.bigInt({ min: 1n, max: 10n ** 30n }),
  decimals: fc.integer({ min: 0, max: 36 }),
  assetDecimals: fc.integer({ min: 0, max: 24 }),
});

/** The exact quote as a fraction: due base units are `due / per`. */
function exact({ minorUnits, currency, units, decimals, assetDecimals }: Case) {
  const due = minorUnits * 10n ** BigInt(decimals + assetDecimals);
  return { due, per: units * 10n ** BigInt(minorDigits(currency) ?? 0) };
}

describe('a quote', () => {
  it('is never less than what is due, and less than one base unit more', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const { due, per } = exact(one);
        const asked = quote(one, priceOf(one.units, one.decimals, one.currency), one.assetDecimals);
        expect(asked * per).toBeGreaterThanOrEqual(due);
        expect(asked * per).toBeLessThan(due + per);
      }),
      { numRuns: 2_000 },
    );
  });

  it('never falls when the amount grows, nor grows when the price does', () => {
    fc.assert(
      fc.property(cases, fc.bigInt({ min: 1n, max: 10n ** 12n }), (one, more) => {
        const price = priceOf(one.units, one.decimals, one.currency);
        const asked = quote(one, price, one.assetDecimals);
        const bigger = { ...one, minorUnits: one.minorUnits + more };
        expect(quote(bigger, price, one.assetDecimals)).toBeGreaterThanOrEqual(asked);
        const dearer = { ...price, units: price.units + more };
        expect(quote(one, dearer, one.assetDecimals)).toBeLessThanOrEqual(asked);
      }),
    );
  });

  it('is for the whole never more than for its parts: rounding up once is the least', () => {
    fc.assert(
      fc.property(cases, fc.bigInt({ min: 0n, max: 10n ** 12n }), (one, other) => {
        const price = priceOf(one.units, one.decimals, one.currency);
        const part = (minorUnits: bigint) => quote({ ...one, minorUnits }, price, one.assetDecimals);
        expect(part(one.minorUnits + other)).toBeLessThanOrEqual(part(one.minorUnits) + part(other));
      }),
    );
  });

  it('does not depend on how many decimals the price is written with', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 0, max: 10 }), (one, zeros) => {
        const price = priceOf(one.units, one.decimals, one.currency);
        const same = { ...price, units: price.units * 10n ** BigInt(zeros), decimals: price.decimals + zeros };
        expect(quote(one, same, one.assetDecimals)).toBe(quote(one, price, one.assetDecimals));
      }),
    );
  });

  it.each<[string, bigint, string, bigint, number, number, bigint]>([
    ['$25.00 at $2,500 an ether', 2_500n, 'USD', 2_500_00000000n, 8, 18, 10n ** 16n],
    ['$50.00 in USDC at $1', 5_000n, 'USD', 100_000_000n, 8, 6, 50_000_000n],
    ['1,000 yen at 3 yen, which has no end', 1_000n, 'JPY', 3n, 0, 18, 333_333_333_333_333_333_334n],
    ['1.234 dinars at 1', 1_234n, 'KWD', 1n, 0, 3, 1_234n],
    ['one cent of what has no decimals, at $100', 1n, 'USD', 100n, 0, 0, 1n],
    ['nothing', 0n, 'USD', 1n, 8, 18, 0n],
  ])('%s', (_what, minorUnits, currency, units, decimals, assetDecimals, asked) => {
    expect(quote({ minorUnits, currency }, priceOf(units, decimals, currency), assetDecimals)).toBe(asked);
  });

  it.each<[string, bigint, string, Price, string]>([
    ['an amount below zero', -1n, 'USD', priceOf(1n, 0), 'INVALID_AMOUNT'],
    ['more than a uint256', 10n ** 60n, 'USD', priceOf(1n, 8), 'INVALID_AMOUNT'],
    ['another currency than the price is in', 1n, 'EUR', priceOf(1n, 0), 'INVALID_PARAMETER'],
    ['a currency that there is not', 1n, 'XYZ', priceOf(1n, 0, 'XYZ'), 'INVALID_PARAMETER'],
    ['a price of zero', 1n, 'USD', priceOf(0n, 8), 'PRICE_UNAVAILABLE'],
    ['a negative price', 1n, 'USD', priceOf(-1n, 8), 'PRICE_UNAVAILABLE'],
  ])('is refused for %s', (_what, minorUnits, currency, price, code) => {
    expect(caught(HavenError, () => quote({ minorUnits, currency }, price, 18)).code).toBe(code);
  });
});
