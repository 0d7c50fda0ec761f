import { describe, expect, it } from 'vitest';
import { minorDigits } from '#shared/platform/money/currencies.ts';

describe('the minor unit of a currency', () => {
  it.each([
    ['USD', 2],
    ['EUR', 2],
    ['JPY', 0],
    ['KRW', 0],
    ['KWD', 3],
    ['TND', 3],
    // CLDR shows these without minor units, ISO 4217 has them.
    ['AFN', 2],
    ['UZS', 2],
    ['IRR', 2],
  ])('%s has %d digits', (code, digits) => {
    expect(minorDigits(code)).toBe(digits);
  });

  it.each(['usd', 'XYZ', 'BTC', 'XAU', 'XXX', '', 'constructor', 'US'])('%j is no currency', (code) => {
    expect(minorDigits(code)).toBeUndefined();
  });

  it('knows no code that the runtime has never heard of, but for three', () => {
    const known = new Set(Intl.supportedValuesOf('currency'));
    const codes = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].flatMap((a) =>
      [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].flatMap((b) => [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((c) => `${a}${b}${c}`)),
    );
    const ours = codes.filter((code) => minorDigits(code) !== undefined);
    expect(ours.length).toBeGreaterThan(150);
    expect(ours.filter((code) => !known.has(code) && !['VED', 'XCG', 'ZWG'].includes(code))).toEqual([]);
  });
});
