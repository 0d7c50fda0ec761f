import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { hasScope, type Scope } from '#shared/platform/auth/scopes.ts';
import { isoTime } from '#shared/platform/clock.ts';
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
}

/** A new key with its token, which is shown this once: a replayed answer has `key: null`. */
export type IssuedApiKey = ApiKeyView & { readonly key: string | null };

/**
 * Issues a key.
 *
 * @throws FORBIDDEN when it would have a scope that its issuer hasn't
 */
export async function issueApiKey(
  deps: ApiKeyDependencies,
  wanted: NewApiKey,
  context: IdempotentContext,
): Promise<IssuedApiKey> {
  refuseEscalation(wanted.scopes, context);
  const { key, token } = await draftApiKey(deps, wanted, context.principal.id);
  const detail = { name: key.name, scopes: key.scopes, expires_at: key.expires_at };
  const issued = changed(undefined, key, audited(context, 'api_key.issued', detail), key.created_at);
  await commit(deps, context, issued);
  return { ...toApiKeyView(issued.after), key: token };
}

/**
 * Issues a successor with the same rights; the old key works on for an overlap.
 *
 * @param overlapSeconds how long the old key still works
 * @throws API_KEY_NOT_FOUND, INVALID_TRANSITION when the key is revoked or rotated already, FORBIDDEN
 */
export async function rotateApiKey(
  deps: ApiKeyDependencies,
  id: string,
  overlapSeconds: number,
  context: IdempotentContext,
): Promise<IssuedApiKey> {
  const old = await deps.store.get(id);
  if (old.revoked_at !== null || old.successor_id !== null) {
    throw new HavenError(
      'INVALID_TRANSITION',
      `API key ${id} is ${old.revoked_at === null ? 'rotated' : 'revoked'} already`,
    );
  }
  refuseEscalation(old.scopes, context);
  const { key, token } = await draftApiKey(deps, old, context.principal.id);
  const overlapEnds = isoTime(deps.clock() + overlapSeconds * 1000);
  const expiresAt = old.expires_at === null || overlapEnds < old.expires_at ? overlapEnds : old.expires_at;
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
  refuseEscalation(change.scopes ?? [], context);
  const wanted = {
    name: change.name ?? before.name,
    scopes: [...(change.scopes ?? before.scopes)],
    allowed_addresses: [...(change.allowed_addresses ?? before.allowed_addresses)],
    expires_at: change.expires_at === undefined ? before.expires_at : change.expires_at,
  };
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
  if (context.ifMatchVersion !== undefined && context.ifMatchVersion !== key.version) {
    throw new HavenError('VERSION_MISMATCH', `API key ${id} is at version ${key.version}`, {
      details: { version: key.version },
    });
  }
  refuseEscalation(key.scopes, context);
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

function refuseEscalation(scopes: readonly Scope[], context: PrincipalContext): void {
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
