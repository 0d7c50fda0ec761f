import { describe, expect, it } from 'vitest';
import { decimalText, POSITIVE_DECIMAL, parseDecimal, sameScale } from '#shared/platform/money/decimal.ts';

describe('a decimal in configuration', () => {
  it.each(['1', '2500', '2500.5', '0.000000000000000001', '999999999999999999.999999999999999999', '10.00'])(
    'may be %s',
    (text) => {
      expect(text).toMatch(POSITIVE_DECIMAL);
    },
  );

  it.each(['0', '0.0', '-1', '+1', '01', '1.', '.5', '1e3', '0x1', ' 1', '1 ', '1,5', '١', '', '1'.repeat(19)])(
    'may not be %j',
    (text) => {
      expect(text).not.toMatch(POSITIVE_DECIMAL);
    },
  );

  it('is read exactly', () => {
    expect(parseDecimal('2500.50')).toEqual({ units: 250_050n, decimals: 2 });
    expect(parseDecimal('0.01')).toEqual({ units: 1n, decimals: 2 });
    expect(parseDecimal('7')).toEqual({ units: 7n, decimals: 0 });
  });
});

describe('a decimal as text', () => {
  it.each([
    [250_050_000_000n, 8, '2500.5'],
    [250_000_000_000n, 8, '2500'],
    [1n, 18, '0.000000000000000001'],
    [0n, 8, '0'],
    [-5n, 1, '-0.5'],
    [100n, 0, '100'],
  ])('%d with %d decimals is %s', (units, decimals, text) => {
    expect(decimalText({ units, decimals })).toBe(text);
  });

  it('compares across scales without loss', () => {
    expect(sameScale({ units: 25n, decimals: 1 }, { units: 2n, decimals: 18 })).toEqual([25n * 10n ** 17n, 2n]);
  });
});
