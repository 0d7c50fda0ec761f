import { describe, expect, it } from 'vitest';
import { fromAuthorizerContext, type Principal, toAuthorizerContext } from '#shared/platform/auth/principal.ts';
import { hasScope, SCOPES, scopeSchema } from '#shared/platform/auth/scopes.ts';

describe('a principal', () => {
  it.each<Principal>([
    { id: 'key_1', name: 'shop', scopes: ['custody:read', 'token:write'] },
    { id: 'key_2', name: '', scopes: [] },
    { id: 'key_3', name: 'é "quoted" \n', scopes: ['*'] },
    { id: 'key_4', name: 'all', scopes: [...SCOPES] },
    { id: 'oidc:0123456789ab:alice', name: 'admin', scopes: ['*'], expires_at_ms: 1_795_285_800_001, session: 's1' },
  ])('comes out of API Gateway as the authorizer packed it: $id', (principal) => {
    const packed = toAuthorizerContext(principal);
    expect(Object.values(packed).every((value) => typeof value === 'string')).toBe(true);
    expect(fromAuthorizerContext(JSON.parse(JSON.stringify(packed)))).toEqual(principal);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['no id', { name: 'x', scopes: '*' }],
    ['an empty id', { principalId: '', name: 'x', scopes: '*' }],
    ['no scopes', { principalId: 'key_1', name: 'x' }],
    ['a list of scopes', { principalId: 'key_1', name: 'x', scopes: ['*'] }],
    ['a scope that does not exist', { principalId: 'key_1', name: 'x', scopes: 'custody:read custody:everything' }],
    ['an end that is none', { principalId: 'key_1', name: 'x', scopes: '*', expiresAtMs: 'never' }],
    ['an empty session', { principalId: 'key_1', name: 'x', scopes: '*', session: '' }],
    ['scopes split by something else', { principalId: 'key_1', name: 'x', scopes: 'custody:read,custody:write' }],
  ])('is nobody when the context holds %s', (_name, context) => {
    expect(fromAuthorizerContext(context)).toBeUndefined();
  });
});

describe('a scope', () => {
  it.each(SCOPES.filter((scope) => scope !== '*'))(
    '%s is held by who has it or everything, and by nobody else',
    (wanted) => {
      expect(hasScope([wanted], wanted)).toBe(true);
      expect(hasScope(['*'], wanted)).toBe(true);
      expect(hasScope([], wanted)).toBe(false);
      expect(
        hasScope(
          SCOPES.filter((scope) => scope !== '*' && scope !== wanted),
          wanted,
        ),
      ).toBe(false);
    },
  );

  it('* is held only by who has it: all others together are not everything, which includes the future', () => {
    expect(
      hasScope(
        SCOPES.filter((scope) => scope !== '*'),
        '*',
      ),
    ).toBe(false);
    expect(hasScope(['*'], '*')).toBe(true);
  });

  it.each(['custody', 'custody:*', 'CUSTODY:READ', ' custody:read', ''])('%j is none', (text) => {
    expect(scopeSchema.safeParse(text).error?.issues[0]?.message).toMatch(/^INVALID_PARAMETER: /);
  });
});
