import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '#shared/platform/canonical-json.ts';
import type { Capability } from '#shared/platform/http/capability.ts';

/** What a token is of. */
export type TokenKind = 'cart-token' | 'order-token';

/** What the shop's secret is used for: what is made for one can't stand for another. */
type Domain = TokenKind | 'cart-checksum' | 'customer-email' | 'order-token-of-cart';

/** HMAC-SHA256 in hex. */
const MAC_CHARS = 64;
/** In the place of what isn't there, so that looking takes the same time: as long as a token, and as a hash. */
const NO_TOKEN = '-'.repeat(43);
const NO_HASH = '0'.repeat(MAC_CHARS);

/** A new token: 32 random bytes in base64url. Shown once; stored as `tokenHash`. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * The keyed hash under which a token is stored: of no use to a reader of the table, nor in the row of another cart or order.
 *
 * @param shopKey the shop's secret
 * @param id of the cart or order
 */
export function tokenHash(shopKey: string, kind: TokenKind, id: string, token: string): string {
  return shopMac(shopKey, kind, [id, token]);
}

/**
 * Whether a request shows the token of a cart or order. Takes the same time whatever it shows, and whether there is such a
 * cart or order or not.
 *
 * @param shown undefined: it shows none
 * @param stored the hash in its row; undefined: there is no row
 */
export function isTokenOf(
  shopKey: string,
  kind: TokenKind,
  id: string,
  shown: Capability | undefined,
  stored: string | undefined,
): boolean {
  const isSame = macsEqual(tokenHash(shopKey, kind, id, shown?.reveal() ?? NO_TOKEN), stored ?? NO_HASH);
  return isSame && shown !== undefined;
}

/**
 * A MAC over a JSON value, in hex.
 *
 * @param domain what it is for; part of what is hashed
 */
export function shopMac(shopKey: string, domain: Domain, value: unknown): string {
  return createHmac('sha256', shopKey)
    .update(canonicalJson(['haven', domain, value]), 'utf8')
    .digest('hex');
}

/** Compares two MACs without telling by time how much of them agrees; what is none equals none. */
export function macsEqual(a: string, b: string): boolean {
  const isMac = (text: string) => text.length === MAC_CHARS && /^[0-9a-f]+$/.test(text);
  const [left, right] = [a, b].map((text) => Buffer.from(isMac(text) ? text : NO_HASH, 'hex'));
  return left !== undefined && right !== undefined && timingSafeEqual(left, right) && isMac(a) && isMac(b);
}
