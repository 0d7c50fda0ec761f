import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonField as dualControlReason } from '#shared/custody/dual-control/fields.ts';
import { pauseWalletRoute } from '#shared/custody/policy/routes.ts';
import { createWalletRoute } from '#shared/custody/routes.ts';
import { reasonField } from '#shared/platform/http/fields.ts';
import { looksLikeKey } from '#shared/platform/secret-shape.ts';
import { KEY_ENCODINGS, TEST_PRIVATE_KEY } from '#test/support/fakes/key-encodings.ts';

const bytes = (hex: string) => hex.match(/../g) ?? [];
/** What people and programs make of 32 bytes, besides KEY_ENCODINGS. */
const WRITTEN: Readonly<Record<string, (hex: string) => string>> = {
  ...KEY_ENCODINGS,
  'hex words with dots': (hex) => hex.match(/.{8}/g)?.join('.') ?? '',
  'hex digits with spaces': (hex) => [...hex].join(' '),
  'hex digits with dots': (hex) => [...hex].join('.'),
  'hex with slashes': (hex) => bytes(hex).join('/'),
  'hex with a mixture': (hex) => bytes(hex).join(' -:_'),
  'hex in brackets': (hex) =>
    bytes(hex)
      .map((byte) => `[${byte}]`)
      .join(''),
  'hex with zero-width spaces': (hex) => bytes(hex).join('\u200b'),
  'hex with soft hyphens': (hex) => bytes(hex).join('\u00ad'),
  'hex with dashes that are none': (hex) => bytes(hex).join('\u2013'),
  'full-width hex': (hex) => [...hex].map((digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)).join(''),
  'a byte array in C': (hex) =>
    bytes(hex)
      .map((byte) => `0x${byte}`)
      .join(', '),
  'an escaped string': (hex) =>
    bytes(hex)
      .map((byte) => `\\x${byte}`)
      .join(''),
  'an escaped address': (hex) =>
    bytes(hex)
      .map((byte) => `%${byte}`)
      .join(''),
  'bytes in decimal': (hex) =>
    bytes(hex)
      .map((byte) => Number.parseInt(byte, 16))
      .join(' '),
  'decimal in groups': (hex) =>
    BigInt(`0x${hex}`)
      .toString()
      .match(/.{1,3}/g)
      ?.join(',') ?? '',
  'decimal with underscores': (hex) =>
    BigInt(`0x${hex}`)
      .toString()
      .match(/.{1,6}/g)
      ?.join('_') ?? '',
  'base64 with spaces': (hex) =>
    Buffer.from(hex, 'hex')
      .toString('base64')
      .match(/.{1,4}/g)
      ?.join(' ') ?? '',
  'base64 with dots': (hex) =>
    Buffer.from(hex, 'hex')
      .toString('base64')
      .match(/.{1,8}/g)
      ?.join('.') ?? '',
  'base64 in lines': (hex) =>
    Buffer.from(hex, 'hex')
      .toString('base64')
      .match(/.{1,16}/g)
      ?.join('\n') ?? '',
};

describe.each(Object.entries(WRITTEN))('a key as %s', (_name, write) => {
  it('is seen for one, wherever it stands in a text', () => {
    const text = write(TEST_PRIVATE_KEY);
    for (const around of [text, `key: ${text}`, `see ${text} (old)`]) expect(looksLikeKey(around)).toBe(true);
  });
});

it('whatever key it is: only base64 that alternates as little as words does could pass, with separators', () => {
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((all) => Buffer.from(all).toString('hex'));
  const certain = Object.entries(WRITTEN).filter(([name]) => !name.includes('base64') && !name.includes('decimal'));
  fc.assert(
    fc.property(key, fc.constantFrom(...certain), (hex, [, write]) => {
      expect(looksLikeKey(write(hex))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

describe('what people write', () => {
  it.each([
    'Treasury',
    'Treasury wallet of the European subsidiary (cold storage), second of three, handed over by the finance department',
    'HotWalletOfTheEuropeanSubsidiary-Second',
    'customer 3fa85f64-5717-4562-b3fc-2c963f66afa6',
    'moved from 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 to 0x2c7536E3605D9C16a7a3D7b1898e529396a65c23',
    'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA replaces wal_01JD8Q4X7M5N2V9C3R6T0W1YZB',
    'ticket 2026-11-22/4711, call +49 30 1234567, invoice 20261122000017',
    'team/payments@example.com: region=eu-central-1, tier=gold',
    'Ein Schlüssel wurde verloren; die Bank hat am 22.11.2026 um 10:15 angerufen und um eine Sperre gebeten.',
  ])('is let be: %j', (text) => {
    expect(looksLikeKey(text)).toBe(false);
  });
});

describe('a key is refused', () => {
  const key = `0x${TEST_PRIVATE_KEY}`;
  const spaced = bytes(TEST_PRIVATE_KEY).join(' ');
  it.each([
    ['as the label of a wallet', () => createWalletRoute.body.safeParse({ purpose: 'user', label: spaced })],
    [
      'as a tag of a wallet',
      () => createWalletRoute.body.safeParse({ purpose: 'user', tags: { note: TEST_PRIVATE_KEY } }),
    ],
    ['as the reason of a pause', () => pauseWalletRoute.body.safeParse({ reason: spaced })],
    ['as the reason of an export', () => dualControlReason.safeParse(key)],
    ['as the reason of a reset', () => reasonField.safeParse(`because ${key}`)],
  ])('%s, without being quoted', (_name, parse) => {
    const { success, error } = parse();
    expect(success).toBe(false);
    expect(JSON.stringify(error)).toMatch(/looks like a (private )?key/);
    expect(JSON.stringify(error)).not.toContain(TEST_PRIVATE_KEY.slice(0, 12));
  });
});
