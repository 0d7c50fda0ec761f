import { describe, expect, it } from 'vitest';
import { judge } from '#shared/access/api-key.ts';
import { readBearer } from '#shared/access/api-key-token.ts';
import { draftApiKey, hashedKey } from '#shared/access/draft-api-key.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { storedApiKey, TEST_KEY_ULID, TEST_PEPPER, TEST_SECRET } from '#test/support/fakes/api-keys.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock, TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';

const deps = {
  readPepper: async () => TEST_PEPPER,
  mode: 'test' as const,
  clock: createFakeClock().now,
  newId: (prefix: string) => `${prefix}_${TEST_KEY_ULID}`,
};
const wanted = {
  name: 'shop',
  scopes: ['custody:read'] as const,
  allowed_addresses: ['203.0.113.0/24'],
  expires_at: null,
};

describe('a new key', () => {
  it('is as it was wanted, by whom it was issued, unused and not revoked', async () => {
    const { key } = await draftApiKey(deps, wanted, { id: 'key_issuer' });
    expect(key).toMatchObject({
      ...wanted,
      id: `key_${TEST_KEY_ULID}`,
      mode: 'test',
      revoked_at: null,
      last_used_at: null,
      successor_id: null,
      created_at: '2026-11-21T18:30:00.000Z',
      created_by: 'key_issuer',
    });
  });

  it('is opened by the token that comes with it', async () => {
    const { key, token } = await draftApiKey(deps, wanted, { id: 'key_issuer' });
    const read = readBearer(`Bearer ${token}`);
    if (read === undefined) throw new Error('The token cannot be read');
    expect(judge(read, { ...storedApiKey(), ...key }, TEST_PEPPER, '203.0.113.7', TEST_NOW_MS).kind).toBe('accepted');
  });

  it('does not hold its secret', async () => {
    const { key, token } = await draftApiKey(deps, wanted, { id: 'key_issuer' });
    const secret = token.split('_').at(-1) ?? '';
    expect(secret).toHaveLength(64);
    expect(JSON.stringify(key)).not.toContain(secret);
  });

  it('has a secret of its own each time', async () => {
    const tokens = await Promise.all([1, 2].map(() => draftApiKey(deps, wanted, { id: 'key_issuer' })));
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(2);
  });
});

describe('a key that a key made', () => {
  const key = async (...drafted: Parameters<typeof draftApiKey>) => (await draftApiKey(...drafted)).key;

  it('keeps who has seen its secret: its maker, and who made that', async () => {
    expect((await key(deps, wanted, { id: 'key_b', makers: ['key_a'] })).makers).toEqual(['key_b', 'key_a']);
    expect((await key(deps, wanted, { id: 'key_b2', line: 'key_b', makers: ['key_a'] })).makers).toEqual([
      'key_b',
      'key_a',
    ]);
  });

  it('in the place of another is of the line of the first, made by all who made either', async () => {
    const replaced = { id: 'key_b2', line: 'key_b', makers: ['key_a'] };
    const made = await key(deps, wanted, { id: 'key_c', makers: ['key_0'] }, replaced);
    expect([made.line, made.makers]).toEqual(['key_b', ['key_c', 'key_0', 'key_a']]);
    const byItself = await key(deps, wanted, replaced, replaced);
    expect([byItself.line, byItself.makers]).toEqual(['key_b', ['key_a']]);
  });

  it('is refused where more than 32 keys would have made each other', async () => {
    const makers = Array.from({ length: 31 }, (_, index) => `key_${index}`);
    expect((await key(deps, wanted, { id: 'key_x', makers })).makers).toHaveLength(32);
    const error = await caughtLater(HavenError, () => key(deps, wanted, { id: 'key_x', makers: [...makers, 'key_y'] }));
    expect(error.code).toBe('FORBIDDEN');
  });
});

describe('a key of a token that exists already', () => {
  it('has the mode, the id and the hash of that token', async () => {
    const token = { mode: 'live' as const, ulid: TEST_KEY_ULID, secret: TEST_SECRET };
    const key = await hashedKey(deps, wanted, { id: 'access-bootstrap' }, token);
    expect(key).toMatchObject({ id: `key_${TEST_KEY_ULID}`, mode: 'live' });
    expect(key.secret_hash).toBe(storedApiKey().secret_hash);
  });
});
