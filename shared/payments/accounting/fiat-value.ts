import { minorDigits } from '#shared/platform/money/currencies.ts';
import { parseDecimal } from '#shared/platform/money/decimal.ts';

/** What of an amount its value in fiat follows from. */
export interface Valued {
  /** Base units of the asset. */
  readonly amount: bigint;
  /** Of one whole unit of the asset. */
  readonly decimals: number;
  /** Of one whole unit of the asset in the currency, as a decimal. */
  readonly rate: string;
  /** ISO 4217 code. */
  readonly currency: string;
}

/**
 * What an amount is worth at a rate, in the currency's minor unit: exact, and rounded half up once. Pure.
 *
 *     minor units = round(amount / 10^decimals * rate * 10^minor digits)
 *
 * @throws Error for a currency that isn't known: no order has one
 */
export function fiatValue({ amount, decimals, rate, currency }: Valued): bigint {
  const digits = minorDigits(currency);
  if (digits === undefined) throw new Error(`${currency} is no currency that is known`);
  const price = parseDecimal(rate);
  const numerator = amount * price.units * 10n ** BigInt(digits);
  const denominator = 10n ** BigInt(decimals + price.decimals);
  return (2n * numerator + denominator) / (2n * denominator);
}
