import { describe, expect, it } from 'vitest';
import { judgeClaims, oidcPrincipalId, rolesOf } from '#shared/access/oidc/oidc-principal.ts';
import { isOperator, PRINCIPAL_ID } from '#shared/platform/auth/principal.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { goodClaims, oidcSettings, TEST_ISSUER, TEST_NOW_SECONDS } from '#test/support/fakes/oidc.ts';

const HERE = '203.0.113.7';
const judged = (claims: object, settings = {}, token = 'a.b.c', address = HERE) =>
  judgeClaims(oidcSettings(settings), goodClaims(claims), token, address);

describe('claims become a principal', () => {
  it('whose id is that of the subject, and whose name is no personal data', () => {
    expect(judged({ name: 'Alice Example', email: 'alice@example.org' })).toEqual({
      kind: 'accepted',
      principal: {
        id: oidcPrincipalId(TEST_ISSUER, 'alice'),
        name: 'auditor',
        scopes: ['audit:read', 'custody:read'],
        expires_at_ms: TEST_NOW_MS + 610_000,
        session: expect.stringMatching(/^[0-9a-f]{16}$/),
      },
    });
  });

  it.each<readonly [string, object, object, readonly string[] | undefined]>([
    ['one role', { roles: ['auditor'] }, {}, ['audit:read', 'custody:read']],
    ['the union of two roles', { roles: ['support', 'auditor'] }, {}, ['audit:read', 'custody:read', 'users:read']],
    [
      'roles that Haven does not know besides',
      { roles: ['auditor', 'janitor', 7, null] },
      {},
      ['audit:read', 'custody:read'],
    ],
    ['one role as a text', { roles: 'admin' }, {}, ['*']],
    ['roles as words of a text', { scope: 'openid auditor' }, { roles_claim: 'scope' }, ['audit:read', 'custody:read']],
    ['a path', { realm_access: { roles: ['admin'] } }, { roles_claim: 'realm_access.roles' }, ['*']],
    ['a name with a colon', { 'cognito:groups': ['admin'] }, { roles_claim: 'cognito:groups' }, ['*']],
    ['a URL as a name', { 'https://x.example/roles': ['admin'] }, { roles_claim: 'https://x.example/roles' }, ['*']],
    ['a name with a dot before the path', { 'a.b': ['admin'], a: { b: ['auditor'] } }, { roles_claim: 'a.b' }, ['*']],
    ['no claim', { roles: undefined }, {}, undefined],
    ['an empty list', { roles: [] }, {}, undefined],
    ['unknown roles only', { roles: ['Admin', 'ADMIN', ' admin', 'admin '] }, {}, undefined],
    ['names of what every object has', { roles: ['constructor', '__proto__', 'toString'] }, {}, undefined],
    ['a path through what every object has', { roles: [] }, { roles_claim: 'constructor.name' }, undefined],
    ['a path through a list', { a: [['admin']] }, { roles_claim: 'a.0' }, undefined],
    ['a role inside of a list of lists', { roles: [['admin']] }, {}, undefined],
    ['a role as an object', { roles: { admin: true } }, {}, undefined],
  ])('with the scopes of %s', (_name, claims, settings, scopes) => {
    const judgement = judged(claims, settings);
    if (scopes === undefined) expect(judgement).toMatchObject({ kind: 'no_role' });
    else expect(judgement).toMatchObject({ kind: 'accepted', principal: { scopes } });
  });

  it('that ends with the token, or when it is too old, whichever is sooner', () => {
    const endsAfter = (claims: object) => {
      const judgement = judged(claims, { max_token_age_seconds: 300, clock_tolerance_seconds: 5 });
      return judgement.kind === 'accepted' && (judgement.principal.expires_at_ms ?? 0) - TEST_NOW_MS;
    };
    expect(endsAfter({ exp: TEST_NOW_SECONDS + 60 })).toBe(65_000);
    expect(endsAfter({ exp: TEST_NOW_SECONDS + 999_999_999 })).toBe(305_000);
  });

  it('only at the addresses that operators may use', () => {
    const only = { addresses: ['198.51.100.0/24'] };
    expect(judged({}, only)).toMatchObject({ kind: 'address_refused' });
    expect(judged({}, only, 'a.b.c', '198.51.100.9')).toMatchObject({ kind: 'accepted' });
    expect(judged({}, only, 'a.b.c', 'unknown')).toMatchObject({ kind: 'address_refused' });
  });

  it.each([[''], ['a\nb'], ['x'.repeat(256)], ['ä'], [7], [null]])('never of the subject %j', (sub) => {
    expect(judged({ sub })).toEqual({ kind: 'refused', reason: 'malformed' });
  });
});

describe('the id of an operator', () => {
  it.each([
    ['3f2b8c1e-6d70-4f5e-9a53-1b6f0c9d8e7a', /^oidc:[0-9a-f]{12}:3f2b8c1e-6d70-4f5e-9a53-1b6f0c9d8e7a$/],
    ['auth0|507f1f77bcf86cd799439011', /:auth0\|507f1f77bcf86cd799439011$/],
    ['alice@example.org', /:~[0-9a-f]{40}$/],
    ['AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ', /:~[0-9a-f]{40}$/],
    ['a#b', /:~[0-9a-f]{40}$/],
    ['~0123456789012345678901234567890123456789', /:~[0-9a-f]{40}$/],
  ])('of %s can stand anywhere, and is a name only where that is no personal data', (subject, pattern) => {
    const id = oidcPrincipalId(TEST_ISSUER, subject);
    expect(id).toMatch(pattern);
    expect(id).toMatch(PRINCIPAL_ID);
    expect(isOperator({ id })).toBe(true);
  });

  it('is not that of the same subject of another issuer', () => {
    expect(oidcPrincipalId('https://a.example', 'alice')).not.toBe(oidcPrincipalId('https://b.example', 'alice'));
  });
});

describe('a session', () => {
  const session = (claims: object, token: string) => {
    const judgement = judged(claims, {}, token);
    return judgement.kind === 'accepted' ? judgement.principal.session : undefined;
  };

  it('is the one that the issuer names, over all its tokens', () => {
    expect(session({ sid: 's-1' }, 'a.b.c')).toBe(session({ sid: 's-1' }, 'd.e.f'));
    expect(session({ sid: 's-1' }, 'a.b.c')).not.toBe(session({ sid: 's-2' }, 'a.b.c'));
  });

  it('is the token itself where the issuer names none', () => {
    expect(session({}, 'a.b.c')).toBe(session({}, 'a.b.c'));
    expect(session({}, 'a.b.c')).not.toBe(session({}, 'a.b.d'));
  });
});

it('roles are looked for in own members only', () => {
  expect(rolesOf(Object.create({ roles: ['admin'] }), 'roles')).toEqual([]);
});
