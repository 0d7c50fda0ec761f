import { type Kin, lineOf, makersOf } from '#shared/platform/auth/kinship.ts';
import type { Scope } from '#shared/platform/auth/scopes.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { ApiKeyFacts } from './api-key.ts';
import { type ApiKeyToken, formatToken, hashSecret, type KeyMode, newSecret } from './api-key-token.ts';

/** What making a key needs. */
export interface DraftDependencies {
  readonly readPepper: () => Promise<string>;
  readonly mode: KeyMode;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** What the caller decides about a key. */
export interface NewApiKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly allowed_addresses: readonly string[];
  readonly expires_at: string | null;
}

/**
 * Makes a key that is not stored yet, with its token.
 *
 * @param maker the key, the operator or the part of Haven that issues it
 * @param replaced the key whose place it takes
 */
export async function draftApiKey(
  deps: DraftDependencies,
  wanted: NewApiKey,
  maker: Kin,
  replaced?: Kin,
): Promise<{ readonly key: ApiKeyFacts; readonly token: string }> {
  const token = { mode: deps.mode, ulid: deps.newId('key').slice('key_'.length), secret: newSecret() };
  return { key: await hashedKey(deps, wanted, maker, token, replaced), token: formatToken(token) };
}

/** Keys that make keys that make keys: so deep nobody needs them, and the authorizer's answer has room for. */
const MAX_MAKERS = 32;

/**
 * The key that a token belongs to, as it is stored: with the secret only as a keyed hash.
 *
 * @throws FORBIDDEN when it would be one key too deep
 */
export async function hashedKey(
  deps: Pick<DraftDependencies, 'readPepper' | 'clock'>,
  wanted: NewApiKey,
  maker: Kin,
  token: ApiKeyToken,
  replaced?: Kin,
): Promise<ApiKeyFacts> {
  const makers = makersOf(maker, replaced);
  if (makers.length > MAX_MAKERS) {
    throw new HavenError('FORBIDDEN', `No more than ${MAX_MAKERS} keys can have made each other`);
  }
  return {
    id: `key_${token.ulid}`,
    name: wanted.name,
    mode: token.mode,
    scopes: [...wanted.scopes],
    allowed_addresses: [...wanted.allowed_addresses],
    expires_at: wanted.expires_at,
    revoked_at: null,
    last_used_at: null,
    created_at: isoTime(deps.clock()),
    created_by: maker.id,
    ...(replaced === undefined ? {} : { line: lineOf(replaced) }),
    makers,
    successor_id: null,
    secret_hash: hashSecret(await deps.readPepper(), token.secret),
  };
}
