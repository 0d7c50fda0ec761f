/** An exact decimal number: `units` times 10 to the power of `-decimals`. Never a float. */
export interface Decimal {
  readonly units: bigint;
  /** At least 0. */
  readonly decimals: number;
}

/** Decimals above zero as configuration and the wire write them: no sign, no exponent, up to 18 digits on either side. */
export const POSITIVE_DECIMAL = /^(?=.*[1-9])(0|[1-9]\d{0,17})(\.\d{1,18})?$/;

/**
 * Reads a decimal that matches POSITIVE_DECIMAL.
 *
 * @param text such as `2500` or `0.25`
 */
export function parseDecimal(text: string): Decimal {
  const [whole = '', fraction = ''] = text.split('.');
  return { units: BigInt(whole + fraction), decimals: fraction.length };
}

/** The shortest decimal text of a number: `2500.5`, without zeros that say nothing. */
export function decimalText({ units, decimals }: Decimal): string {
  const sign = units < 0n ? '-' : '';
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, '0');
  const split = digits.length - decimals;
  const fraction = digits.slice(split).replace(/0+$/, '');
  return `${sign}${digits.slice(0, split)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Two decimals as whole numbers of the same, finer unit. */
export function sameScale(a: Decimal, b: Decimal): readonly [bigint, bigint] {
  const decimals = Math.max(a.decimals, b.decimals);
  const scaled = (one: Decimal) => one.units * 10n ** BigInt(decimals - one.decimals);
  return [scaled(a), scaled(b)];
}
