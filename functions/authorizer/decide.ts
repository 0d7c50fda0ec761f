import { judge } from '#shared/access/api-key.ts';
import type { ApiKeyToken } from '#shared/access/api-key-token.ts';
import { readCredentials } from '#shared/access/credentials.ts';
import type { Denial } from '#shared/access/denials.ts';
import { isLockedOut } from '#shared/access/lockout.ts';
import type { LockoutStore } from '#shared/access/lockout-store.ts';
import type { TokenRefusal, VerifyToken } from '#shared/access/oidc/verify-token.ts';
import type { Principal } from '#shared/platform/auth/principal.ts';
import type { Clock } from '#shared/platform/clock.ts';
import type { Log } from '#shared/platform/log/logger.ts';

/** What deciding needs. */
export interface DecisionDependencies {
  readonly lockouts: Pick<LockoutStore, 'find' | 'findWithKey'>;
  readonly readPepper: () => Promise<string>;
  /** Judges tokens; undefined where no issuer is configured. */
  readonly verifyToken: VerifyToken | undefined;
  readonly clock: Clock;
}

/** One request to be judged. */
export interface Attempt {
  readonly sourceAddress: string;
  /** The address as failures are counted. */
  readonly address: string;
  readonly requestId: string;
  readonly log: Log;
}

/** Why credentials are refused: for the log, never for the caller. */
export type Refusal = TokenRefusal | 'unknown' | 'wrong_secret' | 'wrong_mode' | 'expired' | 'revoked' | 'locked_out';

/** Why good credentials are denied, each with what the log says of it. */
export const DENIALS = {
  address_refused: 'AUTHENTICATION_ADDRESS_REFUSED',
  no_role: 'AUTHENTICATION_NO_ROLE',
} as const satisfies Record<Denial['why'], string>;

/** What becomes of a request. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly principal: Principal; readonly lastUsedAt?: string | null }
  | { readonly kind: 'denied'; readonly principalId: string; readonly why: Denial['why'] }
  | { readonly kind: 'refused'; readonly reason: Refusal; readonly keyId?: string };

/**
 * Decides who asks. Locks come before credentials: what is locked out is refused unseen.
 *
 * @param header the Authorization header
 * @throws whatever keeps it from being decided
 */
export async function decide(
  deps: DecisionDependencies,
  attempt: Attempt,
  header: string | undefined,
): Promise<Verdict> {
  const credentials = readCredentials(header);
  if (credentials?.kind === 'api_key') return decideKey(deps, attempt, credentials.token);
  const lockout = await deps.lockouts.find(attempt.address);
  if (isLockedOut(lockout, undefined, deps.clock())) return { kind: 'refused', reason: 'locked_out' };
  if (credentials === undefined || deps.verifyToken === undefined) return { kind: 'refused', reason: 'malformed' };
  const verdict = await deps.verifyToken(credentials.token, attempt.sourceAddress);
  if (verdict.kind === 'accepted' || verdict.kind === 'refused') return verdict;
  return { kind: 'denied', principalId: verdict.principalId, why: verdict.kind };
}

async function decideKey(deps: DecisionDependencies, attempt: Attempt, token: ApiKeyToken): Promise<Verdict> {
  const keyId = `key_${token.ulid}`;
  const [{ key, lockout }, pepper] = await Promise.all([
    deps.lockouts.findWithKey(attempt.address, keyId),
    deps.readPepper(),
  ]);
  const nowMs = deps.clock();
  if (isLockedOut(lockout, keyId, nowMs)) return { kind: 'refused', reason: 'locked_out', keyId };
  const judgement = judge(token, key, pepper, attempt.sourceAddress, nowMs);
  switch (judgement.kind) {
    case 'refused':
      return { ...judgement, keyId };
    case 'address_refused':
      return { kind: 'denied', principalId: keyId, why: 'address_refused' };
    case 'accepted':
      return { ...judgement, lastUsedAt: key?.last_used_at ?? null };
  }
}
