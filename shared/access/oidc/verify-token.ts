import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Clock } from '#shared/platform/clock.ts';
import { IssuerUnavailable } from './issuer-documents.ts';
import { judgeClaims, type TokenJudgement } from './oidc-principal.ts';
import type { OidcSettings } from './oidc-settings.ts';

/** Asymmetric ones only: with a symmetric one the issuer's public key would do as a secret. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

/**
 * Kinds of token that may open an API (RFC 9068, RFC 7519), without `application/`. Others that the same issuer signs,
 * such as logout tokens, are of another `typ`. Some issuers name none.
 */
const TYPES = new Set(['jwt', 'at+jwt']);

/** API Gateway takes 10 KB of headers; nothing near that has to be parsed to be refused. */
const MAX_TOKEN_CHARS = 8_192;

/** Why a token is refused: for the log, never for the caller. */
export type TokenRefusal =
  | 'malformed'
  | 'algorithm'
  | 'unknown_key'
  | 'bad_signature'
  | 'wrong_type'
  | 'expired'
  | 'not_yet_valid'
  | 'wrong_issuer'
  | 'wrong_audience';

/** What a presented token is judged to be. */
export type TokenVerdict =
  | Exclude<TokenJudgement, { readonly kind: 'refused' }>
  | { readonly kind: 'refused'; readonly reason: TokenRefusal };

/** Judges tokens of one issuer. */
export type VerifyToken = (token: string, sourceAddress: string) => Promise<TokenVerdict>;

/**
 * Makes the judge of an issuer's tokens. The signature is checked before the claims, so that nothing about them is told
 * to who can't sign.
 *
 * @param findKey the issuer's keys; what a token's own header offers as a key is not looked at
 * @returns a judge that throws IssuerUnavailable when it can't be told whether the token is good
 */
export function createTokenVerifier(settings: OidcSettings, findKey: JWTVerifyGetKey, clock: Clock): VerifyToken {
  return async (token, sourceAddress) => {
    if (token.length > MAX_TOKEN_CHARS) return { kind: 'refused', reason: 'malformed' };
    try {
      const { payload, protectedHeader } = await jwtVerify(token, findKey, {
        algorithms: ALGORITHMS,
        issuer: settings.issuer,
        audience: settings.audience,
        requiredClaims: ['exp', 'iat', 'sub'],
        maxTokenAge: settings.max_token_age_seconds,
        clockTolerance: settings.clock_tolerance_seconds,
        currentDate: new Date(clock()),
      });
      if (!isAccepted(protectedHeader.typ)) return { kind: 'refused', reason: 'wrong_type' };
      return judgeClaims(settings, payload, token, sourceAddress);
    } catch (error) {
      if (error instanceof IssuerUnavailable) throw error;
      return { kind: 'refused', reason: refusalOf(error) };
    }
  };
}

function isAccepted(type: unknown): boolean {
  return (
    type === undefined || (typeof type === 'string' && TYPES.has(type.toLowerCase().replace(/^application\//, '')))
  );
}

const REFUSALS: Readonly<Record<string, TokenRefusal>> = {
  [errors.JOSEAlgNotAllowed.code]: 'algorithm',
  [errors.JOSENotSupported.code]: 'algorithm',
  [errors.JWKSNoMatchingKey.code]: 'unknown_key',
  [errors.JWKSMultipleMatchingKeys.code]: 'unknown_key',
  [errors.JWSSignatureVerificationFailed.code]: 'bad_signature',
  [errors.JWTExpired.code]: 'expired',
};

const CLAIM_REFUSALS: Readonly<Record<string, TokenRefusal>> = {
  iss: 'wrong_issuer',
  aud: 'wrong_audience',
  nbf: 'not_yet_valid',
  iat: 'not_yet_valid',
};

/** Whatever jose throws means that the token is not good; what it names is for the log. */
function refusalOf(error: unknown): TokenRefusal {
  if (error instanceof errors.JWTClaimValidationFailed && error.reason === 'check_failed') {
    return CLAIM_REFUSALS[error.claim] ?? 'malformed';
  }
  return error instanceof errors.JOSEError ? (REFUSALS[error.code] ?? 'malformed') : 'malformed';
}
