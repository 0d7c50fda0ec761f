import { describe, expect, it } from 'vitest';
import { changeApiKeyRoute, createApiKeyRoute, listApiKeysRoute, rotateApiKeyRoute } from '#shared/access/routes.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { parsePart } from '#shared/platform/http/validation.ts';
import { storedApiKey } from '#test/support/fakes/api-keys.ts';
import { caught } from '#test/support/fakes/caught.ts';

const GOOD = { name: 'shop', scopes: ['custody:read'] };
const refusal = (body: unknown, route = createApiKeyRoute) =>
  caught(HavenError, () => parsePart(route.body, 'body', body));

describe('asking for a key', () => {
  it('leaves it valid from any address and for ever unless told otherwise', () => {
    expect(parsePart(createApiKeyRoute.body, 'body', GOOD)).toEqual({
      ...GOOD,
      allowed_addresses: [],
      expires_at: null,
    });
  });

  it.each([
    ['no name', { ...GOOD, name: undefined }, 'INVALID_PARAMETER'],
    ['an empty name', { ...GOOD, name: '' }, 'INVALID_PARAMETER'],
    ['a long name', { ...GOOD, name: 'x'.repeat(101) }, 'INVALID_PARAMETER'],
    ['no scope', { ...GOOD, scopes: [] }, 'INVALID_PARAMETER'],
    ['a scope that does not exist', { ...GOOD, scopes: ['root'] }, 'INVALID_PARAMETER'],
    ['a text for its scopes', { ...GOOD, scopes: '*' }, 'INVALID_PARAMETER'],
    ['an address that is none', { ...GOOD, allowed_addresses: ['localhost'] }, 'INVALID_PARAMETER'],
    [
      'too many addresses',
      { ...GOOD, allowed_addresses: Array.from({ length: 51 }, () => '10.0.0.1') },
      'INVALID_PARAMETER',
    ],
    ['an end without a time zone', { ...GOOD, expires_at: '2027-01-01T00:00:00' }, 'INVALID_PARAMETER'],
    ['a mode: that is the stage’s', { ...GOOD, mode: 'live' }, 'UNKNOWN_FIELD'],
    ['an id of its own', { ...GOOD, id: 'key_1' }, 'UNKNOWN_FIELD'],
    ['a hash of its own', { ...GOOD, secret_hash: 'x' }, 'UNKNOWN_FIELD'],
  ])('is refused with %s', (_name, body, code) => {
    expect(refusal(body).code).toBe(code);
  });
});

describe('changing a key', () => {
  it.each(['revoked_at', 'successor_id', 'secret_hash', 'created_by', 'version', 'mode', 'audit_seq'])(
    'never changes its %s',
    (name) => {
      const body = { [name]: null };
      expect(caught(HavenError, () => parsePart(changeApiKeyRoute.body, 'body', body)).code).toBe('UNKNOWN_FIELD');
    },
  );
});

describe('the end of a key', () => {
  it.each([
    ['2027-01-01T00:00:00Z', '2027-01-01T00:00:00.000Z'],
    ['2027-01-01T00:00:00.5Z', '2027-01-01T00:00:00.500Z'],
    [null, null],
  ])('given as %j is stored as %j: ends are compared', (expires_at, stored) => {
    expect(parsePart(createApiKeyRoute.body, 'body', { ...GOOD, expires_at })).toMatchObject({ expires_at: stored });
    expect(parsePart(changeApiKeyRoute.body, 'body', { expires_at })).toEqual({ expires_at: stored });
  });
});

describe('rotating a key', () => {
  it.each([
    [{}, 3_600],
    [{ overlap_seconds: 0 }, 0],
    [{ overlap_seconds: 604_800 }, 604_800],
  ])('with %j overlaps for %i seconds', (body, seconds) => {
    expect(parsePart(rotateApiKeyRoute.body, 'body', body)).toEqual({ overlap_seconds: seconds });
  });

  it.each([-1, 0.5, 604_801, '60', null])('does not overlap for %j seconds', (overlap_seconds) => {
    expect(() => parsePart(rotateApiKeyRoute.body, 'body', { overlap_seconds })).toThrow(HavenError);
  });
});

describe('what the routes show', () => {
  it('is never the hash of a key', () => {
    const key = storedApiKey();
    const shown = [
      createApiKeyRoute.response.parse({ ...key, key: null }),
      changeApiKeyRoute.response.parse(key),
      listApiKeysRoute.response.parse({ data: [key], next_cursor: null }),
    ];
    expect(JSON.stringify(shown)).not.toContain(key.secret_hash);
    expect(JSON.stringify(shown)).not.toContain('audit_hash');
  });

  it('needs the scope for keys, and issuing and rotating an Idempotency-Key', () => {
    for (const route of [createApiKeyRoute, rotateApiKeyRoute]) {
      expect(route).toMatchObject({ access: 'access:write', idempotent: true, rate: 'sensitive' });
    }
    expect(changeApiKeyRoute.access).toBe('access:write');
    expect(listApiKeysRoute.access).toBe('access:read');
  });
});
