import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { minorDigits } from '#shared/platform/money/currencies.ts';
import type { Price } from './price.ts';

/** An amount of money in fiat. */
export interface FiatAmount {
  /** In the currency's minor unit: cents of USD, whole JPY. */
  readonly minorUnits: bigint;
  /** ISO 4217 code. */
  readonly currency: string;
}

const MAX_UINT256 = 2n ** 256n - 1n;

/**
 * How much of an asset pays an amount of money, in base units of the asset: rounded up, once, so that never less is asked for
 * than is due, and less than one base unit more. Pure.
 *
 *     base units = ceil(minor units / 10^minor digits / price * 10^asset decimals)
 *
 * @param assetDecimals of one whole unit of the asset: 18 for ETH, 6 for USDC
 * @throws INVALID_AMOUNT below zero, or when the result is no uint256; INVALID_PARAMETER for a currency that isn't the price's or isn't known;
 *   PRICE_UNAVAILABLE for a price that is not above zero
 */
export function quote({ minorUnits, currency }: FiatAmount, price: Price, assetDecimals: number): bigint {
  const digits = minorDigits(currency);
  if (digits === undefined || currency !== price.currency) {
    throw new HavenError('INVALID_PARAMETER', `An amount in ${currency} has no quote by a price in ${price.currency}`);
  }
  if (minorUnits < 0n) throw new HavenError('INVALID_AMOUNT', 'An amount below zero has no quote');
  if (price.units <= 0n) throw new HavenError('PRICE_UNAVAILABLE', `The price of ${price.asset} is not above zero`);
  const numerator = minorUnits * 10n ** BigInt(price.decimals) * 10n ** BigInt(assetDecimals);
  const denominator = price.units * 10n ** BigInt(digits);
  const baseUnits = (numerator + denominator - 1n) / denominator;
  if (baseUnits > MAX_UINT256) throw new HavenError('INVALID_AMOUNT', 'The amount is more than any token can have');
  return baseUnits;
}
