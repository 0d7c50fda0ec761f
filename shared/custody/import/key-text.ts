import { hexDigit } from './json-scanner.ts';
import type { FieldBytes, Refusal } from './source-row.ts';

/** How a source writes 32 bytes. Never guessed: 64 decimal digits are hex as well. */
export const KEY_ENCODINGS = ['hex', 'decimal', 'base64'] as const;

/** How a source writes 32 bytes. */
export type KeyEncoding = (typeof KEY_ENCODINGS)[number];

const KEY_BYTES = 32;
/** The decimal digits of 2^256 - 1. */
const MAX_DECIMAL_DIGITS = 78;

/** A key, or why there is none. */
export type ReadKey = { readonly key: Uint8Array } | { readonly problem: Refusal };

/**
 * Reads a key from its field, byte by byte: a string could not be overwritten. Spaces around it are passed over. A value of
 * a binary column is the key itself.
 *
 * @returns 32 bytes, which the caller overwrites; whether the curve has such a key is not asked here
 */
export function readKey(field: FieldBytes, encoding: KeyEncoding): ReadKey {
  if (field.isBinary) {
    if (field.bytes.length !== KEY_BYTES) return { problem: 'key_bad_length' };
    return { key: Uint8Array.from(field.bytes) };
  }
  const text = trimmed(field.bytes);
  if (text.length === 0) return { problem: 'key_missing' };
  if (encoding === 'hex') return fromHex(text);
  return encoding === 'decimal' ? fromDecimal(text) : fromBase64(text);
}

/** 64 hex digits, alone or after `0x`, or after `\x` as PostgreSQL writes bytea. */
function fromHex(text: Uint8Array): ReadKey {
  const hasPrefix =
    (text[0] === 0x30 || text[0] === 0x5c) && text[1] !== undefined && (text[1] | 0x20) === 0x78 && text.length > 2;
  const digits = hasPrefix ? text.subarray(2) : text;
  if (digits.some((byte) => hexDigit(byte) === undefined)) return { problem: 'key_bad_characters' };
  // A digit missing at the front may be one missing at the end: nothing is padded.
  if (digits.length !== 2 * KEY_BYTES) return { problem: 'key_bad_length' };
  const key = new Uint8Array(KEY_BYTES);
  for (let at = 0; at < KEY_BYTES; at += 1) {
    key[at] = (hexDigit(digits[2 * at] ?? 0) ?? 0) * 16 + (hexDigit(digits[2 * at + 1] ?? 0) ?? 0);
  }
  return { key };
}

function fromDecimal(text: Uint8Array): ReadKey {
  if (text.some((byte) => byte < 0x30 || byte > 0x39)) return { problem: 'key_bad_characters' };
  if (text.length > MAX_DECIMAL_DIGITS) return { problem: 'key_bad_length' };
  const key = new Uint8Array(KEY_BYTES);
  for (const byte of text) {
    let carry = byte - 0x30;
    for (let at = KEY_BYTES - 1; at >= 0; at -= 1) {
      carry += (key[at] ?? 0) * 10;
      key[at] = carry & 0xff;
      carry >>= 8;
    }
    if (carry > 0) {
      key.fill(0);
      return { problem: 'key_out_of_range' };
    }
  }
  return { key };
}

/** 43 characters of base64 or base64url, with or without their padding. */
function fromBase64(text: Uint8Array): ReadKey {
  const digits = text.at(-1) === 0x3d ? text.subarray(0, -1) : text;
  if (digits.some((byte) => base64Digit(byte) === undefined)) return { problem: 'key_bad_characters' };
  if (digits.length !== 43) return { problem: 'key_bad_length' };
  const key = new Uint8Array(KEY_BYTES);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const byte of digits) {
    held = ((held << 6) | (base64Digit(byte) ?? 0)) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      key[at] = (held >> bits) & 0xff;
      at += 1;
    }
  }
  // 258 bits were read; the last two must be nothing.
  if ((held & 0b11) !== 0) {
    key.fill(0);
    return { problem: 'key_bad_characters' };
  }
  return { key };
}

function base64Digit(byte: number): number | undefined {
  if (byte >= 0x41 && byte <= 0x5a) return byte - 0x41;
  if (byte >= 0x61 && byte <= 0x7a) return byte - 0x61 + 26;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30 + 52;
  if (byte === 0x2b || byte === 0x2d) return 62;
  return byte === 0x2f || byte === 0x5f ? 63 : undefined;
}

function trimmed(bytes: Uint8Array): Uint8Array {
  let [start, end] = [0, bytes.length];
  while (start < end && isSpace(bytes[start])) start += 1;
  while (end > start && isSpace(bytes[end - 1])) end -= 1;
  return bytes.subarray(start, end);
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
