import { describe, expect, it } from 'vitest';
import { type Candidate, examineRow } from '#shared/custody/import/examine-row.ts';
import type { KeyEncoding } from '#shared/custody/import/key-text.ts';
import type { SourceRow } from '#shared/custody/import/source-row.ts';
import { addressOf } from '#shared/custody/private-key.ts';
import { KEY_ENCODINGS, TEST_PRIVATE_KEY } from '#test/support/fakes/key-encodings.ts';

const ADDRESS = addressOf(Buffer.from(TEST_PRIVATE_KEY, 'hex'));
const ORDER = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';

function row(key: string | Uint8Array | undefined, rest: { address?: string; label?: string } = {}) {
  const field = (value: string | Uint8Array | undefined) =>
    value === undefined
      ? undefined
      : { bytes: Uint8Array.from(Buffer.from(value)), isBinary: typeof value !== 'string' };
  return {
    line: 7,
    fields: { key: field(key), address: field(rest.address), label: field(rest.label) },
  } satisfies SourceRow;
}

const examine = (key: string | Uint8Array | undefined, rest = {}, encoding: KeyEncoding = 'hex') =>
  examineRow(row(key, rest), encoding);
const keyOf = (of: ReturnType<typeof examineRow>) => ('key' in of ? Buffer.from(of.key).toString('hex') : of.refusal);
const binary = Buffer.from(TEST_PRIVATE_KEY, 'hex');

describe('a key is read', () => {
  it.each([
    ['hex', TEST_PRIVATE_KEY, 'hex'],
    ['hex in upper case', TEST_PRIVATE_KEY.toUpperCase(), 'hex'],
    ['hex with 0x', `0x${TEST_PRIVATE_KEY}`, 'hex'],
    ['hex with 0X and spaces', `  0X${TEST_PRIVATE_KEY} `, 'hex'],
    ['bytea of PostgreSQL', `\\x${TEST_PRIVATE_KEY}`, 'hex'],
    ['decimal', BigInt(`0x${TEST_PRIVATE_KEY}`).toString(), 'decimal'],
    ['decimal with zeros', BigInt(`0x${TEST_PRIVATE_KEY}`).toString().padStart(78, '0'), 'decimal'],
    ['base64', binary.toString('base64'), 'base64'],
    ['base64url', binary.toString('base64url'), 'base64'],
    ['a BLOB', Uint8Array.from(binary), 'hex'],
  ] as const)('from %s', (_what, text, encoding) => {
    const found = examine(text, {}, encoding);
    expect(keyOf(found)).toBe(TEST_PRIVATE_KEY);
    expect(found.address).toBe(ADDRESS);
  });
});

describe('a row is refused', () => {
  it.each([
    ['without a key', undefined, 'hex', 'key_missing'],
    ['with an empty key', ' ', 'hex', 'key_missing'],
    ['with 63 digits', TEST_PRIVATE_KEY.slice(1), 'hex', 'key_bad_length'],
    ['with 66 digits', `00${TEST_PRIVATE_KEY}`, 'hex', 'key_bad_length'],
    ['with other characters', TEST_PRIVATE_KEY.replace('4', 'g'), 'hex', 'key_bad_characters'],
    ['with spaces inside', TEST_PRIVATE_KEY.replace('4c', '4 '), 'hex', 'key_bad_characters'],
    ['with a homoglyph', `${TEST_PRIVATE_KEY.slice(1)}а`, 'hex', 'key_bad_characters'],
    ['with zero', '0'.repeat(64), 'hex', 'key_out_of_range'],
    ['with the order of the curve', ORDER, 'hex', 'key_out_of_range'],
    ['with 2^256 - 1', 'f'.repeat(64), 'hex', 'key_out_of_range'],
    ['with 2^256', (2n ** 256n).toString(), 'decimal', 'key_out_of_range'],
    ['with the decimal zero', '0', 'decimal', 'key_out_of_range'],
    ['with a negative number', '-1', 'decimal', 'key_bad_characters'],
    ['with an exponent', '1e3', 'decimal', 'key_bad_characters'],
    ['with 79 digits', '1'.repeat(79), 'decimal', 'key_bad_length'],
    ['with 33 bytes of base64', Buffer.alloc(33, 1).toString('base64'), 'base64', 'key_bad_length'],
    [
      'with base64 that has bits to spare',
      `${binary.toString('base64url').slice(0, 42)}Z`,
      'base64',
      'key_bad_characters',
    ],
    ['with a BLOB of 31 bytes', new Uint8Array(31).fill(1), 'hex', 'key_bad_length'],
  ] as const)('%s', (_what, key, encoding, refusal) => {
    expect(examine(key, {}, encoding)).toEqual({ line: 7, refusal, address: null });
  });

  it('of another address than the one beside its key, which is the one that is told', () => {
    const other = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
    expect(examine(TEST_PRIVATE_KEY, { address: other })).toEqual({
      line: 7,
      refusal: 'address_mismatch',
      address: other,
    });
  });

  it.each(['0x123', ' ', 'x'.repeat(100), ADDRESS.replace('a', 'A').replace('b', 'B')])(
    'with %j for an address',
    (address) => {
      expect(examine(TEST_PRIVATE_KEY, { address })).toMatchObject({ refusal: 'address_invalid' });
    },
  );

  it.each(['', ADDRESS, ADDRESS.toLowerCase(), ADDRESS.slice(2).toLowerCase(), `\\x${ADDRESS.slice(2).toLowerCase()}`])(
    'not with its address as %j',
    (address) => {
      expect(examine(TEST_PRIVATE_KEY, { address })).toMatchObject({ line: 7, address: ADDRESS, label: null });
    },
  );

  it.each(Object.entries(KEY_ENCODINGS))('when its label holds a key as %s', (_name, encode) => {
    const label = `note ${encode(TEST_PRIVATE_KEY)}`;
    expect(examine(TEST_PRIVATE_KEY, { label })).toMatchObject({ refusal: 'label_holds_secret' });
  });

  it('when its label is a mnemonic', () => {
    const label = 'test test test test test test test test test test test junk';
    expect(examine(TEST_PRIVATE_KEY, { label })).toMatchObject({ refusal: 'label_holds_secret' });
  });

  it.each(['x y'.repeat(40), 'a\nb'])('when its label is %j', (label) => {
    expect(examine(TEST_PRIVATE_KEY, { label })).toMatchObject({ refusal: 'label_invalid' });
  });

  it.each([
    'Alice',
    'alice@example.com',
    '550e8400-e29b-41d4-a716-446655440000',
    'customer_550e8400-e29b-41d4-a716-446655440000',
    ADDRESS,
    'Zoë’s wallet, the second',
  ])('not when its label is %j', (label) => {
    expect(examine(TEST_PRIVATE_KEY, { label })).toMatchObject({ label });
  });
});

describe('what a row held is overwritten', () => {
  const isZero = (bytes: Uint8Array | undefined) => bytes?.every((byte) => byte === 0);

  it.each([
    ['it became a candidate', TEST_PRIVATE_KEY, {}],
    ['its key was bad', 'nonsense', {}],
    ['its address was another', TEST_PRIVATE_KEY, { address: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8' }],
    ['its label was bad', TEST_PRIVATE_KEY, { label: 'f'.repeat(64) }],
  ])('when %s', (_what, key, rest) => {
    const source = row(key, { address: ADDRESS, label: 'x', ...rest });
    const found: Candidate | object = examineRow(source, 'hex');
    expect(
      [source.fields.key, source.fields.address, source.fields.label].map((field) => isZero(field?.bytes)),
    ).toEqual([true, true, true]);
    expect('key' in found).toBe(!('refusal' in found));
  });
});
