import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import {
  addressField,
  amountField,
  chainIdField,
  chainIdQuery,
  cursorField,
  instantField,
  limitField,
  positiveAmountField,
  referenceField,
} from '#shared/platform/http/fields.ts';
import { parsePart } from '#shared/platform/http/validation.ts';
import { caught } from '#test/support/fakes/caught.ts';

const read = (schema: z.ZodType, value: unknown): unknown => parsePart(schema, 'body', value);
const codeOf = (schema: z.ZodType, value: unknown): string => caught(HavenError, () => read(schema, value)).code;

/** From https://eips.ethereum.org/EIPS/eip-55. */
const CHECKSUMMED = [
  '0x52908400098527886E0F7030069857D2E4169EE7',
  '0xde709f2102306220921060314715629080e2fb77',
  '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
  '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
  '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
];
const MAX_UINT256 = 2n ** 256n - 1n;

describe('an address', () => {
  it.each(CHECKSUMMED)('comes out with its checksum: %s', (address) => {
    expect(read(addressField, address)).toBe(address);
    expect(read(addressField, address.toLowerCase())).toBe(address);
    expect(read(addressField, `0x${address.slice(2).toUpperCase()}`)).toBe(address);
  });

  it.each([
    ['a wrong checksum', '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD'],
    ['no 0x', '5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'],
    ['0X', '0X5aaeb6053f3e94c9b9a09f33669435e7ef1beaed'],
    ['a digit too few', '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae'],
    ['a digit too many', '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed0'],
    ['a letter that is no hex digit', '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaeg'],
    ['white space', ' 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed'],
    ['a line feed at the end', '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed\n'],
    ['an ICAP address', 'XE65GB6LDNXYOFTX0NSV3FUWKOWIXAMJK36'],
    ['a name', 'vitalik.eth'],
    ['nothing', ''],
    ['a number', 0x5aaeb6],
    ['null', null],
    ['a list', ['0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed']],
  ])('is refused with %s', (_name, value) => {
    expect(codeOf(addressField, value)).toBe('INVALID_ADDRESS');
  });
});

describe('an amount', () => {
  it.each(['0', '1', '1000000000000000000', (MAX_UINT256 - 1n).toString(), MAX_UINT256.toString()])(
    'may be %s',
    (amount) => {
      expect(read(amountField, amount)).toBe(amount);
    },
  );

  it.each([
    ['2^256', (MAX_UINT256 + 1n).toString()],
    ['78 nines', '9'.repeat(78)],
    ['79 digits', '1'.repeat(79)],
    ['a million digits', '1'.repeat(1_000_000)],
    ['negative', '-1'],
    ['a plus sign', '+1'],
    ['minus zero', '-0'],
    ['an exponent', '1e18'],
    ['a fraction', '1.5'],
    ['a fraction of zero', '1.0'],
    ['a leading zero', '01'],
    ['two zeros', '00'],
    ['hex', '0x10'],
    ['a thousands separator', '1,000'],
    ['an underscore', '1_000'],
    ['white space', ' 1'],
    ['a line feed at the end', '1\n'],
    ['Arabic-Indic digits', '١٢٣'],
    ['full-width digits', '１２３'],
    ['mathematical digits', '𝟏𝟐𝟑'],
    ['a superscript', '1²'],
    ['nothing', ''],
    ['Infinity', 'Infinity'],
    ['a number', 1],
    ['a bigint', 1n],
    ['null', null],
    ['undefined', undefined],
  ])('must not be %s', (_name, value) => {
    expect(codeOf(amountField, value)).toBe('INVALID_AMOUNT');
    expect(codeOf(positiveAmountField, value)).toBe('INVALID_AMOUNT');
  });

  it('may be zero only where nothing is moved', () => {
    expect(read(amountField, '0')).toBe('0');
    expect(codeOf(positiveAmountField, '0')).toBe('INVALID_AMOUNT');
    expect(read(positiveAmountField, '1')).toBe('1');
  });
});

describe('a reference', () => {
  it.each(['a', 'payout-2026-11-21-0001', 'A.b_c:d/e-f', 'x'.repeat(100)])('may be %j', (reference) => {
    expect(read(referenceField, reference)).toBe(reference);
  });

  it.each(['', '-a', '/a', '.', 'a b', 'a\n', 'é', 'a#b', 'x'.repeat(101), 7, null])('must not be %j', (value) => {
    expect(codeOf(referenceField, value)).toBe('INVALID_PARAMETER');
  });
});

describe('an instant', () => {
  it.each([
    ['2026-11-21T18:30:00Z', '2026-11-21T18:30:00.000Z'],
    ['2026-11-21T18:30:00.5Z', '2026-11-21T18:30:00.500Z'],
    ['2026-11-21T18:30:00.000Z', '2026-11-21T18:30:00.000Z'],
    ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
  ])('given as %s comes out as %s: in one form, so that instants compare as texts', (given, instant) => {
    expect(read(instantField, given)).toBe(instant);
  });

  it.each([
    '2026-11-21',
    '2026-11-21T18:30:00',
    '2026-11-21T18:30:00+01:00',
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-11-21T25:00:00Z',
    'tomorrow',
    1_795_000_000,
  ])('must not be %j', (value) => {
    expect(codeOf(instantField, value)).toBe('INVALID_PARAMETER');
  });
});

describe('the length of a page', () => {
  it.each([
    [undefined, 25],
    ['1', 1],
    ['100', 100],
  ])('%j means %i', (value, limit) => {
    expect(read(limitField, value)).toBe(limit);
  });

  it.each(['0', '101', '-1', '1.5', 'ten', '', '١٠', '0x10', '1e1', ' 5 '])('must not be %j', (value) => {
    expect(codeOf(limitField, value)).toBe('INVALID_PARAMETER');
  });
});

describe('a chain id', () => {
  it('is a number in a body and a text in a query', () => {
    expect(read(chainIdField, 31_337)).toBe(31_337);
    expect(read(chainIdQuery, '31337')).toBe(31_337);
    expect(codeOf(chainIdField, '31337')).toBe('INVALID_PARAMETER');
  });

  it.each([0, -1, 1.5, Number.MAX_SAFE_INTEGER + 1, null])('must not be %j', (value) => {
    expect(codeOf(chainIdField, value)).toBe('INVALID_PARAMETER');
  });

  it.each(['0', '-1', '1.5', '', 'mainnet', '0x1', '1e3', ' 1'])('must not be %j in a query', (value) => {
    expect(codeOf(chainIdQuery, value)).toBe('INVALID_PARAMETER');
  });
});

describe('a cursor', () => {
  it('has 1 to 512 characters', () => {
    expect(read(cursorField, 'x'.repeat(512))).toHaveLength(512);
    expect(codeOf(cursorField, '')).toBe('INVALID_PARAMETER');
    expect(codeOf(cursorField, 'x'.repeat(513))).toBe('INVALID_PARAMETER');
  });
});
