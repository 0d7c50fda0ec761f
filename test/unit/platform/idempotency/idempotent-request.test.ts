import { describe, expect, it } from 'vitest';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { IDEMPOTENCY_TTL_MS, identifyRequest } from '#shared/platform/idempotency/idempotent-request.ts';
import { caught } from '#test/support/fakes/caught.ts';

const ASKED = { params: {}, query: {}, body: { a: 1, b: [{ c: 1, d: 2 }] } };
const identify = (key: string | undefined, asked: unknown = ASKED) => identifyRequest(key, 'key_1', 'makeThing', asked);

describe('the key of an idempotent request', () => {
  it.each(['a', 'x'.repeat(255), '8f14e45f-ceea-467f-a8c4-6f0f2a3b0f3b', '!#$%&()*+,-./:;<=>?@[]^_`{|}~"\\'])(
    'may be %j',
    (key) => {
      expect(identify(key).recordKey).toBe(`IDEMPOTENCY#key_1#makeThing#${key}`);
    },
  );

  it.each([undefined, ''])('must be given: %j', (key) => {
    expect(caught(HavenError, () => identify(key)).code).toBe('MISSING_IDEMPOTENCY_KEY');
  });

  it.each(['x'.repeat(256), ' ', 'a b', ' a', 'a ', 'a\tb', 'a\n', '\0', 'é', '😀', '\u007f'])(
    'must not be %j',
    (key) => {
      expect(caught(HavenError, () => identify(key))).toMatchObject({
        code: 'INVALID_PARAMETER',
        details: { fields: [{ field: 'header.Idempotency-Key' }] },
      });
    },
  );
});

describe('the place of its record', () => {
  const place = (principal: string, route: string, key: string) =>
    identifyRequest(key, principal, route, ASKED).recordKey;

  it('is one for each principal, route and key', () => {
    const places = [place('p', 'r', 'k'), place('q', 'r', 'k'), place('p', 's', 'k'), place('p', 'r', 'l')];
    expect(new Set(places).size).toBe(4);
  });
});

describe('the fingerprint of what was asked', () => {
  it('is SHA-256 in hex', () => {
    expect(identify('k').fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  it('does not depend on the order of fields', () => {
    const other = { body: { b: [{ d: 2, c: 1 }], a: 1 }, query: {}, params: {} };
    expect(identify('k', other).fingerprint).toBe(identify('k').fingerprint);
  });

  it('does not depend on the key', () => {
    expect(identify('other').fingerprint).toBe(identify('k').fingerprint);
  });

  it.each([
    ['a value', { ...ASKED, body: { a: 2, b: [{ c: 1, d: 2 }] } }],
    ['a type', { ...ASKED, body: { a: '1', b: [{ c: 1, d: 2 }] } }],
    ['a field more', { ...ASKED, body: { ...ASKED.body, e: null } }],
    ['the order of a list', { ...ASKED, body: { a: 1, b: [{ d: 2 }, { c: 1 }] } }],
    ['the part that holds it', { params: {}, query: ASKED.body, body: {} }],
  ])('differs with %s', (_name, asked) => {
    expect(identify('k', asked).fingerprint).not.toBe(identify('k').fingerprint);
  });
});

it('answers are kept for a day', () => {
  expect(IDEMPOTENCY_TTL_MS).toBe(86_400_000);
});
