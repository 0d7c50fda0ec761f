import type { Money } from '#shared/catalog/product.ts';
import { minorDigits } from '#shared/platform/money/currencies.ts';
import { decimalText } from '#shared/platform/money/decimal.ts';
import type { Locale } from './locale.ts';

/** Before a symbol or a currency: so that an amount is never torn at the end of a line. */
const NO_BREAK = '\u00a0';

/**
 * An amount of an asset, exactly: all digits that say something, and none that does not. In every language with a point and without groups, for
 * that is what wallets read.
 *
 * @param baseUnits not negative
 */
export function assetAmount(baseUnits: bigint, decimals: number, asset: string): string {
  return `${decimalText({ units: baseUnits, decimals })}${NO_BREAK}${asset}`;
}

/** An amount of money as a language writes it, exactly, with all digits of the currency's minor unit. */
export function moneyAmount({ amount, currency }: Money, locale: Locale): string {
  const digits = minorDigits(currency) ?? 0;
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  const text = decimalText({ units: BigInt(amount), decimals: digits });
  if (!isNumeric(text)) throw new RangeError('An amount of money must be a decimal number');
  // As text it is exact; as a number it would not be.
  return format.format(text);
}

function isNumeric(text: string): text is `${number}` {
  return /^-?\d+(\.\d+)?$/.test(text);
}

/**
 * A time as a language writes it, with its zone.
 *
 * @param at ISO 8601
 * @param timeZone by its IANA name
 */
export function dateTime(at: string, locale: Locale, timeZone: string): string {
  return new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone,
    timeZoneName: 'short',
  }).format(new Date(at));
}
