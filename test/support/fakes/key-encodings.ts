/** The test key of ethers' and web3's documentation: known to everyone, so it guards nothing. */
export const TEST_PRIVATE_KEY = '4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318';

/** Every way in which code of Haven, of a library or of a runtime might write 32 bytes as text, by its name. */
export const KEY_ENCODINGS: Readonly<Record<string, (hex: string) => string>> = {
  hex: (hex) => hex,
  'hex with 0x': (hex) => `0x${hex}`,
  'hex in upper case': (hex) => hex.toUpperCase(),
  'hex in upper case with 0X': (hex) => `0X${hex.toUpperCase()}`,
  base64: (hex) => Buffer.from(hex, 'hex').toString('base64'),
  'base64 without padding': (hex) => Buffer.from(hex, 'hex').toString('base64').replace('=', ''),
  base64url: (hex) => Buffer.from(hex, 'hex').toString('base64url'),
  decimal: (hex) => BigInt(`0x${hex}`).toString(),
  'hex bytes with colons': (hex) => pairs(hex).join(':'),
  'hex bytes with spaces': (hex) => pairs(hex).join(' '),
  'hex bytes with dashes': (hex) => pairs(hex).join('-'),
  'hex bytes in lines': (hex) => pairs(hex).join('\n'),
  'two keys in a row': (hex) => `${hex}${hex}`,
};

/** What is left of an encoded key in a text: every run of this length is looked for. */
const WINDOW_CHARS = 12;

/**
 * Whether any part of an encoded key is in a text: 12 characters in a row would be more than chance.
 *
 * @param encoded the key as it was written
 * @param text what came out
 */
export function survives(encoded: string, text: string): boolean {
  for (let start = 0; start + WINDOW_CHARS <= encoded.length; start += 1) {
    if (text.includes(encoded.slice(start, start + WINDOW_CHARS))) return true;
  }
  return false;
}

/** Every text in a value, names of fields included, one a line: as it is, without the escapes that JSON would add. */
export function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, member]) => `${name}\n${textOf(member)}`)
    .join('\n');
}

function pairs(hex: string): readonly string[] {
  return hex.match(/../g) ?? [];
}
