import { describe, expect, it } from 'vitest';
import { bigintQuantity, hashData, numberQuantity, toQuantity } from '#shared/platform/chain/quantities.ts';

describe('a quantity', () => {
  it.each([
    ['0x0', 0],
    ['0x41', 65],
    ['0xFFFFFFFFFFFFF', 2 ** 52 - 1],
  ])('%s is %i', (hex, value) => {
    expect(numberQuantity.parse(hex)).toBe(value);
    expect(bigintQuantity.parse(hex)).toBe(BigInt(value));
  });

  it('is exact at any size as a bigint', () => {
    expect(bigintQuantity.parse(`0x${'f'.repeat(64)}`)).toBe(2n ** 256n - 1n);
  });

  it.each(['0x', '41', '0xg', '-0x1', ' 0x1', '0x1\n', '', 65, null])('is not %j', (value) => {
    expect(numberQuantity.safeParse(value).success).toBe(false);
    expect(bigintQuantity.safeParse(value).success).toBe(false);
  });

  it('that a number cannot hold exactly is none', () => {
    expect(numberQuantity.safeParse('0x10000000000000').success).toBe(false);
  });

  it.each([
    [0, '0x0'],
    [1_024, '0x400'],
    [2n ** 256n - 1n, `0x${'f'.repeat(64)}`],
  ])('is written without leading zeros: %s', (value, hex) => {
    expect(toQuantity(value)).toBe(hex);
  });
});

describe('a hash', () => {
  it('is 32 bytes in hex', () => {
    expect(hashData.safeParse(`0x${'aB'.repeat(32)}`).success).toBe(true);
  });

  it.each([`0x${'a'.repeat(63)}`, `0x${'a'.repeat(65)}`, 'a'.repeat(64), `0x${'g'.repeat(64)}`, null])(
    'is not %j',
    (value) => {
      expect(hashData.safeParse(value).success).toBe(false);
    },
  );
});
