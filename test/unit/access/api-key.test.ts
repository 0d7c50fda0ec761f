import { describe, expect, it } from 'vitest';
import { type ApiKey, apiKeySchema, judge, type KeyJudgement } from '#shared/access/api-key.ts';
import { type ApiKeyToken, newSecret } from '#shared/access/api-key-token.ts';
import { toApiKeyView } from '#shared/access/view.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { storedApiKey, TEST_KEY_ULID, TEST_PEPPER, TEST_SECRET } from '#test/support/fakes/api-keys.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';

const TOKEN: ApiKeyToken = { mode: 'test', ulid: TEST_KEY_ULID, secret: TEST_SECRET };
const HERE = '203.0.113.7';
const NOW = isoTime(TEST_NOW_MS);

const judged = (
  key: Partial<ApiKey> | undefined,
  { token = {}, address = HERE }: { token?: Partial<ApiKeyToken>; address?: string } = {},
): KeyJudgement =>
  judge({ ...TOKEN, ...token }, key === undefined ? undefined : storedApiKey(key), TEST_PEPPER, address, TEST_NOW_MS);

const refused = (reason: string) => ({ kind: 'refused', reason });
const ACCEPTED = {
  kind: 'accepted',
  principal: {
    id: `key_${TEST_KEY_ULID}`,
    name: 'shop',
    scopes: ['custody:read'],
    makers: [storedApiKey().created_by],
  },
};

describe('a key that works', () => {
  it.each<readonly [string, Partial<ApiKey>]>([
    ['anywhere and for ever', {}],
    ['until a millisecond from now', { expires_at: isoTime(TEST_NOW_MS + 1) }],
    ['from its address', { allowed_addresses: ['198.51.100.1', HERE] }],
    ['from its network', { allowed_addresses: ['203.0.113.0/24'] }],
    ['after it was rotated, in the overlap', { successor_id: 'key_2', expires_at: isoTime(TEST_NOW_MS + 1) }],
  ])('%s is a principal with the rights of the stored key', (_name, key) => {
    expect(judged(key)).toMatchObject(ACCEPTED);
  });

  it('says when it ends, because API Gateway keeps the answer past that', () => {
    const endsMs = TEST_NOW_MS + 1;
    const { principal } = { principal: undefined, ...judged({ expires_at: isoTime(endsMs) }) };
    expect(principal).toEqual({ ...ACCEPTED.principal, expires_at_ms: endsMs });
    expect(judged({})).toEqual(ACCEPTED);
  });

  it('is known with who made it and the first key of its line, one from before that was kept by its issuer', () => {
    expect(judged({ line: 'key_first', makers: ['key_a', 'key_b'] })).toMatchObject({
      principal: { line: 'key_first', makers: ['key_a', 'key_b'] },
    });
    expect(judged({ created_by: 'key_a' })).toMatchObject({ principal: { makers: ['key_a'] } });
  });

  it('tells nothing of the stored key but its id, name and scopes', () => {
    expect(JSON.stringify(judged({}))).not.toContain(storedApiKey().secret_hash);
  });
});

describe('a key that does not work', () => {
  it.each<readonly [string, Partial<ApiKey> | undefined, Partial<ApiKeyToken>, string]>([
    ['there is none', undefined, {}, 'unknown'],
    ['the secret is another', {}, { secret: newSecret() }, 'wrong_secret'],
    ['the secret differs in its last digit', {}, { secret: `${TEST_SECRET.slice(0, -1)}0` }, 'wrong_secret'],
    ['the stored hash is empty', { secret_hash: '' }, {}, 'wrong_secret'],
    ['it is a live key presented as a test key', { mode: 'live' }, {}, 'wrong_mode'],
    ['it is a test key presented as a live key', { mode: 'test' }, { mode: 'live' }, 'wrong_mode'],
    ['it is revoked', { revoked_at: NOW }, {}, 'revoked'],
    ['it expires this millisecond', { expires_at: NOW }, {}, 'expired'],
    ['it expired long ago', { expires_at: '2020-01-01T00:00:00Z' }, {}, 'expired'],
  ])('because %s', (_name, key, token, reason) => {
    expect(judged(key, { token })).toEqual(refused(reason));
  });

  it('because it was hashed with another pepper', () => {
    expect(judge(TOKEN, storedApiKey(), 'another pepper', HERE, TEST_NOW_MS)).toEqual(refused('wrong_secret'));
  });

  it.each(['', '198.51.100.9', '::1', 'unknown'])('at the address %j is good at the wrong place', (address) => {
    expect(judged({ allowed_addresses: ['203.0.113.0/24'] }, { address })).toEqual({ kind: 'address_refused' });
  });

  it('because its end cannot be read: a key must not outlive a bad date', () => {
    expect(judged({ expires_at: 'soon' })).toEqual(refused('expired'));
  });
});

describe('the order of the checks', () => {
  /** Everything that can be wrong with a key at once, from the first check to the last. */
  const faults: readonly (readonly [string, { key: Partial<ApiKey>; token: Partial<ApiKeyToken>; address: string }])[] =
    [
      ['wrong_secret', { key: {}, token: { secret: newSecret() }, address: HERE }],
      ['wrong_mode', { key: {}, token: { mode: 'live' }, address: HERE }],
      ['revoked', { key: { revoked_at: NOW }, token: {}, address: HERE }],
      ['expired', { key: { expires_at: NOW }, token: {}, address: HERE }],
      ['address_refused', { key: { allowed_addresses: ['198.51.100.1'] }, token: {}, address: HERE }],
    ];

  it.each(faults.slice(0, 4).map(([reason], place) => [reason, place] as const))(
    'tells %s before all that comes after it',
    (reason, place) => {
      const from = faults.slice(place).map(([, fault]) => fault);
      const key: Partial<ApiKey> = {};
      const token: Partial<ApiKeyToken> = {};
      for (const fault of from) {
        Object.assign(key, fault.key);
        Object.assign(token, fault.token);
      }
      expect(judged(key, { token })).toEqual(refused(reason));
    },
  );

  it('tells nothing at all to who does not have the secret', () => {
    const secret = newSecret();
    const whatever = faults.map(([, { key, token }]) => judged(key, { token: { ...token, secret } }));
    expect(new Set(whatever.map((judgement) => JSON.stringify(judgement)))).toEqual(
      new Set([JSON.stringify(refused('wrong_secret'))]),
    );
  });
});

describe('what is shown of a key', () => {
  it('is never its hash, nor where its audit stream ends', () => {
    const view = toApiKeyView(storedApiKey());
    expect(Object.keys(view).sort()).toEqual(
      [
        'allowed_addresses',
        'created_at',
        'created_by',
        'expires_at',
        'id',
        'last_used_at',
        'mode',
        'name',
        'revoked_at',
        'scopes',
        'successor_id',
        'version',
      ].sort(),
    );
  });

  it('is read from what is stored', () => {
    expect(apiKeySchema.parse(storedApiKey())).toEqual(storedApiKey());
  });
});
