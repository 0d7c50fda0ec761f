import { createHash } from 'node:crypto';

/**
 * JSON with object keys sorted and undefined members left out: the same value always gives the same text, so that it
 * can be hashed. For the JSON data model only; it follows RFC 8785 except for its number formatting, which Haven
 * doesn't need because amounts are strings.
 *
 * @param value a JSON value
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}

/**
 * SHA-256 of a text, as lower-case hex.
 *
 * @param text hashed as UTF-8
 */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
