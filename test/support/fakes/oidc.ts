import { type OidcSettings, oidcSchema } from '#shared/access/oidc/oidc-settings.ts';
import { TEST_NOW_MS } from './fake-clock.ts';

/** The issuer of tests. */
export const TEST_ISSUER = 'https://id.example/realms/haven';

/** Settings of an issuer that knows two roles. */
export function oidcSettings(change: object = {}): OidcSettings {
  return oidcSchema.parse({
    issuer: TEST_ISSUER,
    audience: 'haven',
    roles: { admin: ['*'], auditor: ['audit:read', 'custody:read'], support: ['custody:read', 'users:read'] },
    ...change,
  });
}

/** Now, as tokens count time: seconds since the Unix epoch. */
export const TEST_NOW_SECONDS = TEST_NOW_MS / 1_000;

/** Claims of a good token, issued now, for ten minutes. */
export function goodClaims(change: object = {}) {
  return {
    iss: TEST_ISSUER,
    aud: 'haven',
    sub: 'alice',
    iat: TEST_NOW_SECONDS,
    exp: TEST_NOW_SECONDS + 600,
    roles: ['auditor'],
    ...change,
  };
}
