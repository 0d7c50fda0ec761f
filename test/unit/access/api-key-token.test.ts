import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formatToken, hashesEqual, hashSecret, newSecret, readBearer } from '#shared/access/api-key-token.ts';

const ULID = '01JD8Q4X7M5N2V9C3R6T0W1YZA';
const SECRET = '0123456789abcdef'.repeat(4);

describe('a token', () => {
  it.each(['live', 'test'] as const)('of a %s key comes out of the header as it was given out', (mode) => {
    const token = { mode, ulid: ULID, secret: SECRET };
    expect(formatToken(token)).toBe(`hvn_${mode}_${ULID}_${SECRET}`);
    expect(readBearer(`Bearer ${formatToken(token)}`)).toEqual(token);
    expect(readBearer(`bearer ${formatToken(token)}`)).toEqual(token);
  });

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['no scheme', `hvn_live_${ULID}_${SECRET}`],
    ['another scheme', `Basic hvn_live_${ULID}_${SECRET}`],
    ['no token', 'Bearer '],
    ['two spaces', `Bearer  hvn_live_${ULID}_${SECRET}`],
    ['something behind it', `Bearer hvn_live_${ULID}_${SECRET} x`],
    ['a line feed behind it', `Bearer hvn_live_${ULID}_${SECRET}\n`],
    ['two tokens', `Bearer hvn_live_${ULID}_${SECRET}, Bearer hvn_live_${ULID}_${SECRET}`],
    ['another prefix', `Bearer hvm_live_${ULID}_${SECRET}`],
    ['another mode', `Bearer hvn_prod_${ULID}_${SECRET}`],
    ['a mode in upper case', `Bearer hvn_LIVE_${ULID}_${SECRET}`],
    ['an id that is no ULID', `Bearer hvn_live_${ULID.slice(1)}U_${SECRET}`],
    ['a secret that is too short', `Bearer hvn_live_${ULID}_${SECRET.slice(1)}`],
    ['a secret that is too long', `Bearer hvn_live_${ULID}_${SECRET}0`],
    ['a secret in upper case', `Bearer hvn_live_${ULID}_${SECRET.toUpperCase()}`],
    ['a JSON Web Token', 'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln'],
    ['a megabyte', `Bearer ${'x'.repeat(1_000_000)}`],
  ])('is none with %s', (_name, header) => {
    expect(readBearer(header)).toBeUndefined();
  });
});

describe('a secret', () => {
  it('is 32 random bytes in hex, never the same twice', () => {
    const secrets = Array.from({ length: 1_000 }, newSecret);
    expect(secrets.every((secret) => /^[0-9a-f]{64}$/.test(secret))).toBe(true);
    expect(new Set(secrets).size).toBe(secrets.length);
  });

  it('is stored as HMAC-SHA256 under the pepper: another pepper or secret gives another hash', () => {
    const hash = hashSecret('pepper', SECRET);
    expect(hash).toBe(createHmac('sha256', 'pepper').update(SECRET).digest('hex'));
    expect(hashSecret('other', SECRET)).not.toBe(hash);
    expect(hashSecret('pepper', newSecret())).not.toBe(hash);
  });
});

describe('hashesEqual', () => {
  const hash = hashSecret('pepper', SECRET);

  it('agrees on the same hash only', () => {
    expect(hashesEqual(hash, hash)).toBe(true);
    expect(hashesEqual(hash, hashSecret('pepper', newSecret()))).toBe(false);
    expect(hashesEqual(hash, `${hash.slice(0, -1)}${hash.endsWith('0') ? '1' : '0'}`)).toBe(false);
  });

  it.each([
    ['nothing and nothing', '', ''],
    ['a hash and nothing', hash, ''],
    ['a hash and a part of it', hash, hash.slice(0, 32)],
    ['a hash and more than it', hash, `${hash}00`],
    ['two texts that are no hex', 'zz', 'zz'],
  ])('does not take %s for equal, and does not throw', (_name, a, b) => {
    expect(hashesEqual(a, b)).toBe(false);
    expect(hashesEqual(b, a)).toBe(false);
  });
});
