import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { AuditContent } from '#shared/audit/audit-entry.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { untilUnraced } from '#shared/platform/dynamo/races.ts';
import { requireVersion } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext, PrincipalContext } from '#shared/platform/http/bound-route.ts';
import { outboundUrlFault } from '#shared/platform/http/outbound-url.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import { newWebhookSecret } from '#shared/platform/http/webhook-secret.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { Sleep } from '#shared/platform/retry.ts';
import { MAX_ENDPOINTS, type WebhookEndpoint, withNewSecret } from './endpoint.ts';
import { changedEndpoint, type EndpointChanged, type EndpointStore, putEndpoint } from './endpoint-store.ts';
import { enabledStanding, newStanding, type Standing } from './standing.ts';
import { putStanding, removeStanding, STANDING_RETRY, type StandingStore } from './standing-store.ts';
import { type EndpointDetailView, type IssuedEndpointView, toEndpointDetailView, toEndpointView } from './view.ts';

/** What managing endpoints needs. */
export interface EndpointDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly notify: string; readonly audit: string };
  readonly endpoints: EndpointStore;
  readonly standings: StandingStore;
  readonly idempotency: IdempotencyStore;
  /** With which signing secrets are sealed. */
  readonly readNotifyKey: () => Promise<string>;
  /** Hosts that may be named whatever their address is. */
  readonly exemptHosts: readonly string[];
  readonly clock: Clock;
  readonly newId: NewId;
  readonly metrics: Metrics;
  readonly wait?: Sleep;
}

/** What the caller says about an endpoint. */
export interface EndpointWish {
  readonly url: string;
  readonly events: readonly string[];
  readonly description: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly enabled: boolean;
}

/**
 * Makes an endpoint, with its signing secret: shown this once, and stored sealed.
 *
 * @throws INVALID_PARAMETER when its URL can't be called, INVALID_TRANSITION when there are as many as there may be, WRITE_CONFLICT,
 *   DATABASE_ERROR; IdempotentReplay
 */
export async function createEndpoint(
  deps: EndpointDependencies,
  wish: EndpointWish,
  context: IdempotentContext,
): Promise<IssuedEndpointView> {
  requireCallable(deps, wish.url);
  if ((await deps.endpoints.count()) >= MAX_ENDPOINTS)
    throw new HavenError(
      'INVALID_TRANSITION',
      `There are ${MAX_ENDPOINTS} webhook endpoints already: delete one first`,
    );
  const nowMs = deps.clock();
  const at = isoTime(nowMs);
  const id = deps.newId('whe');
  const secret = newWebhookSecret();
  const made = changedEndpoint(
    undefined,
    {
      ...factsOf(wish),
      id,
      ...enabledness(undefined, wish.enabled, at),
      secrets: withNewSecret(await deps.readNotifyKey(), id, [], secret, nowMs),
      deleted_at: null,
      created_at: at,
    },
    audited(context, 'webhook_endpoint.created', { host: hostOf(wish.url), events: wish.events }),
    at,
  );
  const write = new WriteTransaction();
  recordIssued(deps, write, made, 201, context);
  putStanding(write, deps.tables.notify, undefined, newStanding(id, nowMs));
  await write.commit(deps.client, context.deadline, deps.wait);
  context.log.write('WEBHOOK_ENDPOINT_CHANGED', { endpoint_id: id, what: 'created' });
  return { ...toEndpointView(made.after, nowMs), secret };
}

/**
 * Changes an endpoint. What is as wanted already changes nothing. Enabling it forgets that it failed, and goes on with what was left open.
 *
 * @throws WEBHOOK_ENDPOINT_NOT_FOUND, VERSION_MISMATCH, INVALID_PARAMETER, WRITE_CONFLICT, DATABASE_ERROR
 */
export async function changeEndpoint(
  deps: EndpointDependencies,
  id: string,
  change: { readonly [K in keyof EndpointWish]?: EndpointWish[K] | undefined },
  context: PrincipalContext,
): Promise<EndpointDetailView> {
  const before = await current(deps, id, context);
  if (change.url !== undefined) requireCallable(deps, change.url);
  const wish: EndpointWish = {
    url: change.url ?? before.url,
    events: change.events ?? before.events,
    description: change.description === undefined ? before.description : change.description,
    metadata: change.metadata ?? before.metadata,
    enabled: change.enabled ?? before.enabled,
  };
  if (isSame(before, wish)) return toEndpointDetailView(before, await deps.standings.load(id), deps.clock());
  const at = isoTime(deps.clock());
  const detail = { host: hostOf(wish.url), events: wish.events, enabled: wish.enabled };
  const changed = changedEndpoint(
    before,
    { ...before, ...factsOf(wish), ...enabledness(before, wish.enabled, at) },
    audited(context, 'webhook_endpoint.changed', detail),
    at,
  );
  const isEnabledAnew = wish.enabled && !before.enabled;
  const standing = await storeWithStanding(deps, changed, context, (write, stands) => {
    if (!isEnabledAnew) return stands;
    const woken = enabledStanding(stands, deps.clock());
    putStanding(write, deps.tables.notify, stands, woken);
    return woken;
  });
  context.log.write('WEBHOOK_ENDPOINT_CHANGED', { endpoint_id: id, what: 'changed' });
  return toEndpointDetailView(changed.after, standing, deps.clock());
}

/**
 * Deletes an endpoint: it is told of nothing any more, and its secrets are gone. Its history stays.
 *
 * @throws WEBHOOK_ENDPOINT_NOT_FOUND, VERSION_MISMATCH, WRITE_CONFLICT, DATABASE_ERROR
 */
export async function deleteEndpoint(
  deps: EndpointDependencies,
  id: string,
  context: PrincipalContext,
): Promise<EndpointDetailView> {
  const before = await current(deps, id, context);
  const at = isoTime(deps.clock());
  const changed = changedEndpoint(
    before,
    { ...before, ...enabledness(before, false, at), secrets: [], deleted_at: at },
    audited(context, 'webhook_endpoint.deleted', { host: hostOf(before.url) }),
    at,
  );
  await storeWithStanding(deps, changed, context, (write, standing) => {
    removeStanding(write, deps.tables.notify, standing);
    return undefined;
  });
  context.log.write('WEBHOOK_ENDPOINT_CHANGED', { endpoint_id: id, what: 'deleted' });
  return toEndpointDetailView(changed.after, undefined, deps.clock());
}

/**
 * Gives an endpoint a new signing secret. For a day messages are signed with the old one too.
 *
 * @throws WEBHOOK_ENDPOINT_NOT_FOUND, VERSION_MISMATCH, WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay
 */
export async function rotateEndpointSecret(
  deps: EndpointDependencies,
  id: string,
  context: IdempotentContext,
): Promise<IssuedEndpointView> {
  // A repeated request must not meet the version that it made itself.
  await deps.idempotency.replayIfAnswered(context.idempotency);
  const before = await current(deps, id, context);
  const nowMs = deps.clock();
  const at = isoTime(nowMs);
  const secret = newWebhookSecret();
  const secrets = withNewSecret(await deps.readNotifyKey(), id, before.secrets, secret, nowMs);
  const content = audited(context, 'webhook_endpoint.secret_rotated', { number: secrets[0]?.number });
  const changed = changedEndpoint(before, { ...before, secrets }, content, at);
  const write = new WriteTransaction();
  recordIssued(deps, write, changed, 200, context);
  await write.commit(deps.client, context.deadline, deps.wait);
  context.log.write('WEBHOOK_ENDPOINT_CHANGED', { endpoint_id: id, what: 'secret rotated' });
  return { ...toEndpointView(changed.after, nowMs), secret };
}

/** Reads an endpoint that is to be changed. */
async function current(deps: EndpointDependencies, id: string, context: PrincipalContext): Promise<WebhookEndpoint> {
  const found = await deps.endpoints.get(id);
  requireVersion(context, found.version, `Webhook endpoint ${id}`);
  return found;
}

/**
 * Stores a change of an endpoint with what follows for how it stands: in one write, so that none is enabled and never worked. Anew as long as who
 * delivers to it changes that meanwhile.
 *
 * @param change adds to the transaction; returns how it stands then
 */
function storeWithStanding(
  deps: EndpointDependencies,
  changed: EndpointChanged,
  { deadline }: PrincipalContext,
  change: (write: WriteTransaction, standing: Standing) => Standing | undefined,
): Promise<Standing | undefined> {
  const { client, tables, standings, wait } = deps;
  return untilUnraced(
    async () => {
      const standing = await standings.load(changed.after.id);
      const write = new WriteTransaction();
      putEndpoint(write, tables, changed);
      const after = standing === undefined ? undefined : change(write, standing);
      await write.commit(client, deadline, wait);
      return after;
    },
    STANDING_RETRY,
    deadline,
    wait,
  );
}

/** The answer that is kept for replay has no secret: it isn't stored in clear, not even for a day. */
function recordIssued(
  deps: EndpointDependencies,
  write: WriteTransaction,
  changed: EndpointChanged,
  status: 200 | 201,
  context: IdempotentContext,
): void {
  const body: IssuedEndpointView = { ...toEndpointView(changed.after, deps.clock()), secret: null };
  deps.idempotency.record(write, context.idempotency, { status, body });
  putEndpoint(write, deps.tables, changed);
}

function requireCallable({ exemptHosts }: EndpointDependencies, url: string): void {
  const fault = outboundUrlFault(url, exemptHosts);
  if (fault !== undefined) throw fieldError('INVALID_PARAMETER', 'body.url', fault);
}

function factsOf({ url, events, description, metadata }: EndpointWish) {
  return { url, events: [...new Set(events)], description, metadata: { ...metadata } };
}

/** Whether it is enabled, and since when and why it is not. */
function enabledness(before: WebhookEndpoint | undefined, enabled: boolean, at: string) {
  if (enabled) return { enabled, disabled_reason: null, disabled_at: null };
  if (before !== undefined && !before.enabled) {
    return { enabled, disabled_reason: before.disabled_reason, disabled_at: before.disabled_at };
  }
  return { enabled, disabled_reason: 'operator' as const, disabled_at: at };
}

function isSame(before: WebhookEndpoint, wish: EndpointWish): boolean {
  const facts = ({ url, events, description, metadata, enabled }: EndpointWish) =>
    JSON.stringify([url, events, description, Object.entries(metadata).sort(), enabled]);
  return facts(before) === facts(wish);
}

/** What is kept of a URL for ever: a path may hold what only its owner should know. */
function hostOf(url: string): string {
  return new URL(url).host;
}

function audited(context: PrincipalContext, action: string, detail: Record<string, unknown>): AuditContent {
  return { action, actor: context.principal.id, severity: 'WARNING', request_id: context.requestId, detail };
}
