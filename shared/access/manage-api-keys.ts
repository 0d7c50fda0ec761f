import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { isAddressAllowed } from '#shared/platform/auth/address-list.ts';
import { isOperator } from '#shared/platform/auth/principal.ts';
import { hasScope, type Scope } from '#shared/platform/auth/scopes.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { requireVersion } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext, PrincipalContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { ApiKey } from './api-key.ts';
import { type ApiKeyChanged, type ApiKeyStore, changed, putApiKey } from './api-key-store.ts';
import { type DraftDependencies, draftApiKey, type NewApiKey } from './draft-api-key.ts';
import { type ApiKeyView, toApiKeyView } from './view.ts';

/** What managing API keys needs. */
export interface ApiKeyDependencies extends DraftDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly access: string; readonly audit: string };
  readonly store: ApiKeyStore;
  readonly idempotency: IdempotencyStore;
  /** Addresses and CIDR blocks from which operators' tokens are accepted; empty: any. */
  readonly operatorAddresses: readonly string[];
}

/** A new key with its token, which is shown this once: a replayed answer has `key: null`. */
export type IssuedApiKey = ApiKeyView & { readonly key: string | null };

/**
 * Issues a key.
 *
 * @throws FORBIDDEN when it could do more than its issuer
 */
export async function issueApiKey(
  deps: ApiKeyDependencies,
  wanted: NewApiKey,
  context: IdempotentContext,
): Promise<IssuedApiKey> {
  await refuseEscalation(deps, wanted, context);
  const { key, token } = await draftApiKey(deps, wanted, context.principal);
  const detail = { name: key.name, scopes: key.scopes, expires_at: key.expires_at };
  const issued = changed(undefined, key, audited(context, 'api_key.issued', detail), key.created_at);
  await commit(deps, context, issued);
  return { ...toApiKeyView(issued.after), key: token };
}

/**
 * Issues a successor with the same rights; the old key works on for an overlap.
 *
 * @param overlapSeconds how long the old key still works
 * @throws API_KEY_NOT_FOUND, VERSION_MISMATCH, INVALID_TRANSITION when the key is revoked, expired or rotated already,
 *   FORBIDDEN
 */
export async function rotateApiKey(
  deps: ApiKeyDependencies,
  id: string,
  overlapSeconds: number,
  context: IdempotentContext,
): Promise<IssuedApiKey> {
  const old = await current(deps, id, context);
  if (old.revoked_at !== null || old.successor_id !== null) {
    throw new HavenError(
      'INVALID_TRANSITION',
      `API key ${id} is ${old.revoked_at === null ? 'rotated' : 'revoked'} already`,
    );
  }
  if (old.expires_at !== null && !(Date.parse(old.expires_at) > deps.clock())) {
    throw new HavenError('INVALID_TRANSITION', `API key ${id} has expired; issue a new one`);
  }
  await refuseEscalation(deps, old, context);
  const { key, token } = await draftApiKey(deps, old, context.principal, {
    ...old,
    makers: old.makers ?? [old.created_by],
  });
  const overlapEndsMs = deps.clock() + overlapSeconds * 1000;
  const endsMs = old.expires_at === null ? overlapEndsMs : Math.min(overlapEndsMs, Date.parse(old.expires_at));
  const expiresAt = isoTime(endsMs);
  const retired = changed(
    old,
    { ...old, expires_at: expiresAt, successor_id: key.id },
    audited(context, 'api_key.rotated', { successor_id: key.id, expires_at: expiresAt }),
    key.created_at,
  );
  const detail = { name: key.name, scopes: key.scopes, replaces: id };
  const issued = changed(undefined, key, audited(context, 'api_key.issued', detail), key.created_at);
  await commit(deps, context, issued, retired);
  return { ...toApiKeyView(issued.after), key: token };
}

/** What may be changed of a key; absent: as it is. */
export interface ApiKeyChange {
  readonly name?: string | undefined;
  readonly scopes?: readonly Scope[] | undefined;
  readonly allowed_addresses?: readonly string[] | undefined;
  readonly expires_at?: string | null | undefined;
}

/**
 * Changes a key.
 *
 * @throws API_KEY_NOT_FOUND, VERSION_MISMATCH, INVALID_TRANSITION when it is revoked, FORBIDDEN when it can do more than
 *   its changer
 */
export async function changeApiKey(
  deps: ApiKeyDependencies,
  id: string,
  change: ApiKeyChange,
  context: PrincipalContext,
): Promise<ApiKeyView> {
  const before = await current(deps, id, context);
  if (before.revoked_at !== null) throw new HavenError('INVALID_TRANSITION', `API key ${id} is revoked`);
  const wanted = {
    name: change.name ?? before.name,
    scopes: [...(change.scopes ?? before.scopes)],
    allowed_addresses: [...(change.allowed_addresses ?? before.allowed_addresses)],
    expires_at: change.expires_at === undefined ? before.expires_at : change.expires_at,
  };
  await refuseEscalation(deps, wanted, context);
  return toApiKeyView(await save(deps, before, wanted, 'api_key.changed', wanted, context));
}

/**
 * Revokes a key: it stops working within the authorizer's cache time. Revoking twice changes nothing.
 *
 * @throws API_KEY_NOT_FOUND, VERSION_MISMATCH, FORBIDDEN when it can do more than its revoker
 */
export async function revokeApiKey(
  deps: ApiKeyDependencies,
  id: string,
  context: PrincipalContext,
): Promise<ApiKeyView> {
  const before = await current(deps, id, context);
  if (before.revoked_at !== null) return toApiKeyView(before);
  const change = { revoked_at: isoTime(deps.clock()) };
  return toApiKeyView(await save(deps, before, change, 'api_key.revoked', {}, context));
}

async function current(deps: ApiKeyDependencies, id: string, context: PrincipalContext): Promise<ApiKey> {
  const key = await deps.store.get(id);
  requireVersion(context, key.version, `API key ${id}`);
  refuseScopes(key.scopes, context);
  return key;
}

async function save(
  deps: ApiKeyDependencies,
  before: ApiKey,
  change: Partial<ApiKey>,
  action: string,
  detail: Record<string, unknown>,
  context: PrincipalContext,
): Promise<ApiKey> {
  const content = audited(context, action, detail);
  const saving = changed(before, { ...before, ...change }, content, isoTime(deps.clock()));
  const write = new WriteTransaction();
  putApiKey(write, deps.tables, saving);
  await write.commit(deps.client, context.deadline);
  return saving.after;
}

/** Stores a new key with its answer. The answer that is kept for replay has no token: a secret isn't stored, not even for a day. */
async function commit(
  deps: ApiKeyDependencies,
  context: IdempotentContext,
  issued: ApiKeyChanged,
  ...others: readonly ApiKeyChanged[]
): Promise<void> {
  const write = new WriteTransaction();
  const body: IssuedApiKey = { ...toApiKeyView(issued.after), key: null };
  deps.idempotency.record(write, context.idempotency, { status: 201, body });
  for (const change of [issued, ...others]) putApiKey(write, deps.tables, change);
  await write.commit(deps.client, context.deadline);
}

/**
 * A key can't make one that can do more than itself: no other scopes, no wider addresses, no later end.
 *
 * @throws FORBIDDEN
 */
async function refuseEscalation(
  deps: ApiKeyDependencies,
  wanted: Omit<NewApiKey, 'name'>,
  context: PrincipalContext,
): Promise<void> {
  refuseScopes(wanted.scopes, context);
  const issuer = await issuerOf(deps, context);
  // The authorizer's answer may be some seconds older than a revocation.
  if (issuer.revoked_at !== null) throw new HavenError('UNAUTHENTICATED', 'Your own key is revoked');
  if (issuer.expires_at !== null && !endsBy(wanted.expires_at, issuer.expires_at)) {
    throw new HavenError('FORBIDDEN', `Your own key ends at ${issuer.expires_at}; this one would last longer`);
  }
  const wider = wanted.allowed_addresses.filter((block) => !isWithin(issuer.allowed_addresses, block));
  if (issuer.allowed_addresses.length > 0 && (wanted.allowed_addresses.length === 0 || wider.length > 0)) {
    throw new HavenError('FORBIDDEN', 'Your own key is limited to addresses; this one would reach further', {
      details: { allowed_addresses: issuer.allowed_addresses },
    });
  }
}

/** An operator has no key: what bounds it are the addresses of all operators. A person's token ends soon; keys are made to last. */
async function issuerOf(
  deps: ApiKeyDependencies,
  { principal }: PrincipalContext,
): Promise<Pick<ApiKey, 'revoked_at' | 'expires_at' | 'allowed_addresses'>> {
  if (!isOperator(principal)) return deps.store.get(principal.id);
  return { revoked_at: null, expires_at: null, allowed_addresses: [...deps.operatorAddresses] };
}

function endsBy(end: string | null, latest: string): boolean {
  return end !== null && Date.parse(end) <= Date.parse(latest);
}

/** A block is within others when it is one of them, or an address in one of them. */
function isWithin(blocks: readonly string[], block: string): boolean {
  return blocks.includes(block) || (!block.includes('/') && isAddressAllowed(blocks, block));
}

function refuseScopes(scopes: readonly Scope[], context: PrincipalContext): void {
  const missing = scopes.filter((scope) => !hasScope(context.principal.scopes, scope));
  if (missing.length > 0) {
    throw new HavenError('FORBIDDEN', `That needs scopes that you don't have: ${missing.join(', ')}`, {
      details: { scopes: missing },
    });
  }
}

function audited(context: PrincipalContext, action: string, detail: Record<string, unknown>) {
  return {
    action,
    actor: context.principal.id,
    severity: 'WARNING' as const,
    request_id: context.requestId,
    detail,
  };
}
