import { describe, expect, it } from 'vitest';
import { costPicoUsd, formatUsd, pricedNames, prices, totalPicoUsd } from '../../../bench/prices.ts';

describe('costs', () => {
  it.each([
    ['dynamoWriteUnit', 1_000_000, '0.6250'],
    ['dynamoReadUnit', 1_000_000, '0.1250'],
    ['kmsRequest', 10_000, '0.0300'],
    ['sqsFifoRequest', 1_000_000, '0.5000'],
    ['apiRequest', 1_000_000, '3.5000'],
    ['lambdaRequest', 1_000_000, '0.2000'],
    ['lambdaGigabyteSecond', 10_000, '0.1333'],
  ] as const)('of %s are those of the list: %d cost %s USD', (name, amount, usd) => {
    expect(formatUsd(costPicoUsd(name, amount))).toBe(usd);
  });

  it('of several things are the sum, and what is not used costs nothing', () => {
    expect(totalPicoUsd({ dynamoReadUnit: 0.5, kmsRequest: 1 })).toBe(62_500n + 3_000_000n);
    expect(totalPicoUsd({})).toBe(0n);
  });

  it('leave nothing out that has a price', () => {
    expect([...pricedNames()].sort()).toEqual(Object.keys(prices).sort());
  });

  it.each([
    [49_999_999n, '0.0000'],
    [50_000_000n, '0.0001'],
    [1_234_560_000_000n, '1.2346'],
  ])('are rounded to a hundredth of a cent: %d', (picoUsd, text) => {
    expect(formatUsd(picoUsd)).toBe(text);
  });
});
