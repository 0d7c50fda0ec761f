import { describe, expect, it } from 'vitest';
import { configSchema } from '#functions/authorizer/config.ts';
import { oidcSchema } from '#shared/access/oidc/oidc-settings.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';

const GOOD = { issuer: 'https://id.example', audience: 'haven', roles: { admin: ['*'] } };

describe('the settings of an issuer', () => {
  it('have safe defaults', () => {
    expect(oidcSchema.parse(GOOD)).toEqual({
      ...GOOD,
      roles_claim: 'roles',
      max_token_age_seconds: 7_200,
      clock_tolerance_seconds: 10,
      addresses: [],
    });
  });

  it.each<readonly [string, object, RegExp]>([
    ['an issuer without TLS', { issuer: 'http://id.example' }, /issuer.*must be an https URL/s],
    ['an issuer that only looks local', { issuer: 'http://127.0.0.1.evil.example' }, /issuer/],
    ['an issuer with a password', { issuer: 'https://u:p@id.example' }, /issuer/],
    ['an issuer with a query', { issuer: 'https://id.example?x=1' }, /issuer/],
    ['no URL', { issuer: 'id.example' }, /issuer/],
    ['no audience', { audience: '' }, /audience/],
    ['no roles', { roles: {} }, /must name at least one role/],
    ['a role without scopes', { roles: { admin: [] } }, /roles/],
    ['an unknown scope', { roles: { admin: ['everything'] } }, /must be one of/],
    ['a token age of a week', { max_token_age_seconds: 604_800 }, /max_token_age_seconds/],
    ['a tolerance of an hour', { clock_tolerance_seconds: 3_600 }, /clock_tolerance_seconds/],
    ['a host for an address', { addresses: ['office.example'] }, /must be an IP address or a CIDR block/],
    ['an unknown setting', { algorithms: ['none'] }, /algorithms/],
    [
      'more roles than an environment holds',
      { roles: Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`${'r'.repeat(60)}${index}`, ['*']])) },
      /longer than 3000 bytes/,
    ],
  ])('refuse %s by name', (_name, change, message) => {
    expect(oidcSchema.safeParse({ ...GOOD, ...change }).error?.message).toMatch(message);
  });

  it('stop the authorizer at its start when they are not valid, without a word of what they say', () => {
    const env = {
      ACCESS_TABLE: 'access',
      EPHEMERAL_TABLE: 'ephemeral',
      AUDIT_TABLE: 'audit',
      LOGS_TABLE: 'logs',
      PEPPER_SECRET_ARN: 'arn',
    };
    expect(loadConfig(configSchema, env).OIDC).toBeUndefined();
    expect(() => loadConfig(configSchema, { ...env, OIDC: '{"issuer":"http://secret.example"}' })).toThrow(
      /OIDC\.issuer/,
    );
    expect(() => loadConfig(configSchema, { ...env, OIDC: '{"issuer":"http://secret.example"}' })).not.toThrow(
      /secret/,
    );
  });
});
