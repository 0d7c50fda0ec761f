import { describe, expect, it } from 'vitest';
import { isTokenOf, macsEqual, newToken, shopMac, tokenHash } from '#shared/checkout/tokens.ts';
import { Capability } from '#shared/platform/http/capability.ts';

const KEY = 'a shop key of at least 32 characters';
const ID = 'crt_01JD8Q4X7M5N2V9C3R6T0W1YZA';
const TOKEN = newToken();
const HASH = tokenHash(KEY, 'cart-token', ID, TOKEN);
const shown = new Capability(TOKEN);

describe('a token', () => {
  it('is 32 random bytes in base64url, and no two are the same', () => {
    const made = Array.from({ length: 100 }, newToken);
    expect(new Set(made).size).toBe(100);
    for (const token of made) expect([token.length, Buffer.from(token, 'base64url').length]).toEqual([43, 32]);
  });

  it('opens what it was made for', () => {
    expect(isTokenOf(KEY, 'cart-token', ID, shown, HASH)).toBe(true);
  });

  it.each([
    ['another cart', () => isTokenOf(KEY, 'cart-token', ID.replace(/A$/, 'B'), shown, HASH)],
    ['an order of the same id', () => isTokenOf(KEY, 'order-token', ID, shown, HASH)],
    ['a shop with another secret', () => isTokenOf(`${KEY}!`, 'cart-token', ID, shown, HASH)],
    ['a cart that is not there', () => isTokenOf(KEY, 'cart-token', ID, shown, undefined)],
    ['a cart whose hash is none', () => isTokenOf(KEY, 'cart-token', ID, shown, '')],
    ['a cart whose hash is the token', () => isTokenOf(KEY, 'cart-token', ID, shown, TOKEN)],
  ])('does not open %s', (_name, opens) => {
    expect(opens()).toBe(false);
  });

  it('that is another, or none, opens nothing, not even what is not there', () => {
    for (const one of [new Capability(newToken()), undefined]) {
      expect(isTokenOf(KEY, 'cart-token', ID, one, HASH)).toBe(false);
      expect(isTokenOf(KEY, 'cart-token', ID, one, undefined)).toBe(false);
    }
  });

  it('that stands for no token in the comparison opens nothing, whoever stores its hash', () => {
    const none = '-'.repeat(43);
    const hash = tokenHash(KEY, 'cart-token', ID, none);
    expect(isTokenOf(KEY, 'cart-token', ID, undefined, hash)).toBe(false);
  });
});

describe('MACs', () => {
  it('differ by what they are for', () => {
    const all = (['cart-token', 'order-token', 'cart-checksum'] as const).map((domain) => shopMac(KEY, domain, [ID]));
    expect(new Set(all).size).toBe(3);
  });

  it.each([
    ['', ''],
    ['0', '0'],
    [HASH.toUpperCase(), HASH.toUpperCase()],
    ['g'.repeat(64), 'g'.repeat(64)],
  ])('that are none equal nothing: %j', (a, b) => {
    expect(macsEqual(a, b)).toBe(false);
  });
});
