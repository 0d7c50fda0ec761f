import * as z from 'zod';
import { isAddressAllowed } from '#shared/platform/auth/address-list.ts';
import type { Principal } from '#shared/platform/auth/principal.ts';
import type { Scope } from '#shared/platform/auth/scopes.ts';
import { sha256Hex } from '#shared/platform/canonical-json.ts';
import type { OidcSettings } from './oidc-settings.ts';

/** The claims that Haven reads of a token whose signature, issuer, audience and times are checked. */
const claimsSchema = z.looseObject({
  // RFC 7519 and OpenID Connect Core, section 2: a case-sensitive text of at most 255 ASCII characters.
  sub: z.string().regex(/^[\x20-\x7e]{1,255}$/),
  iat: z.number(),
  exp: z.number(),
  sid: z.string().min(1).optional(),
});

/** What a token is judged to be. */
export type TokenJudgement =
  | { readonly kind: 'accepted'; readonly principal: Principal }
  /** Signed by the issuer, and no token of a person: answered 401. */
  | { readonly kind: 'refused'; readonly reason: 'malformed' }
  /** A good token at the wrong place, or of someone without a role: answered 403. */
  | { readonly kind: 'address_refused' | 'no_role'; readonly principalId: string };

/** Subjects that can be read in an audit entry as they are: no personal data such as an e-mail address, and no longer than a UUID. */
const PLAIN_SUBJECT = /^[A-Za-z0-9._|-]{1,36}$/;
const ISSUER_DIGITS = 12;
const SUBJECT_DIGITS = 40;
const SESSION_DIGITS = 16;

/**
 * The id of a token's subject as a principal: the same for every token of the same subject. A part of the issuer's hash
 * keeps the subjects of two issuers apart, and a subject that isn't short and plain is hashed, so that the id can stand
 * in keys, audit entries and logs.
 */
export function oidcPrincipalId(issuer: string, subject: string): string {
  const name = PLAIN_SUBJECT.test(subject) ? subject : `~${sha256Hex(subject).slice(0, SUBJECT_DIGITS)}`;
  return `oidc:${sha256Hex(issuer).slice(0, ISSUER_DIGITS)}:${name}`;
}

/**
 * The roles that a token names. A claim of exactly the configured name comes before the path that the name spells.
 *
 * @param path such as `cognito:groups` or `realm_access.roles`
 */
export function rolesOf(claims: Readonly<Record<string, unknown>>, path: string): readonly string[] {
  const value = Object.hasOwn(claims, path) ? claims[path] : path.split('.').reduce(memberOf, claims);
  if (typeof value === 'string') return value.split(' ').filter(Boolean);
  return Array.isArray(value) ? value.filter((role) => typeof role === 'string') : [];
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

/**
 * Judges the claims of a token that is known to be the issuer's. Pure.
 *
 * @param token the whole token: only a hash of it is kept, which names the session if the issuer gives it no name
 */
export function judgeClaims(
  settings: OidcSettings,
  claims: Readonly<Record<string, unknown>>,
  token: string,
  sourceAddress: string,
): TokenJudgement {
  const parsed = claimsSchema.safeParse(claims);
  if (!parsed.success) return { kind: 'refused', reason: 'malformed' };
  const { sub, iat, exp, sid } = parsed.data;
  const principalId = oidcPrincipalId(settings.issuer, sub);
  if (!isAddressAllowed(settings.addresses, sourceAddress)) return { kind: 'address_refused', principalId };
  const roles = rolesOf(claims, settings.roles_claim).filter((role) => Object.hasOwn(settings.roles, role));
  const scopes = new Set<Scope>(roles.flatMap((role) => settings.roles[role] ?? []));
  if (scopes.size === 0) return { kind: 'no_role', principalId };
  const endSeconds = Math.min(exp, iat + settings.max_token_age_seconds) + settings.clock_tolerance_seconds;
  const session = sha256Hex(sid === undefined ? `token ${token}` : `sid ${sid}`).slice(0, SESSION_DIGITS);
  return {
    kind: 'accepted',
    principal: {
      id: principalId,
      // Not the person's: a name is personal data, and nothing of Haven needs it.
      name: [...new Set(roles)].sort().join(', '),
      scopes: [...scopes].sort(),
      expires_at_ms: Math.floor(endSeconds * 1_000),
      session,
    },
  };
}
