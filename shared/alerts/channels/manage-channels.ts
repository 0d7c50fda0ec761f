import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { requireVersion, unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext, PrincipalContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { NewId } from '#shared/platform/ids.ts';
import { type ChannelStore, channelKey, MAX_CHANNELS } from './channel-store.ts';
import { changedTarget, newTarget, type TargetRules, withNewSecret } from './channel-target.ts';
import { type ChannelView, toChannelView } from './channel-view.ts';
import type { changeChannelRoute, createChannelRoute } from './routes.ts';
import type { StoredChannel } from './stored-channel.ts';

/** What managing channels needs. */
export interface ChannelDependencies extends TargetRules {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly notify: string; readonly audit: string; readonly logs: string };
  readonly channels: ChannelStore;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** A channel with its new signing secret, which is shown this once: a replayed answer has none, nor has a type that needs none. */
export type IssuedChannel = ChannelView & { readonly signing_secret: string | null };

/**
 * Makes a channel. The answer that is kept for replay has no secret.
 *
 * @throws INVALID_PARAMETER, INVALID_TRANSITION when there are as many as there may be
 */
export async function createChannel(
  deps: ChannelDependencies,
  wanted: z.output<typeof createChannelRoute.body>,
  context: IdempotentContext,
): Promise<IssuedChannel> {
  const { type, addresses, url, ...rest } = wanted;
  const { channels, unreadable } = await deps.channels.all();
  if (channels.length + unreadable.length >= MAX_CHANNELS)
    throw new HavenError('INVALID_TRANSITION', `There are ${MAX_CHANNELS} alert channels already: delete one first`);
  const id = deps.newId('chn');
  const { target, signingSecret } = await newTarget(deps, id, type, { addresses, url });
  const at = isoTime(deps.clock());
  const draft: StoredChannel = {
    ...{ id, target, ...rest, ...emptyHead(id) },
    ...{ created_at: at, created_by: context.principal.id, updated_at: at, version: 0 },
  };
  const write = new WriteTransaction();
  const step = changeOf(deps, 'alert_channel.created', undefined, draft, context);
  const view = toChannelView(step.after);
  deps.idempotency.record(write, context.idempotency, { status: 201, body: { ...view, signing_secret: null } });
  put(deps, write, step);
  await write.commit(deps.client, context.deadline);
  return { ...view, signing_secret: signingSecret };
}

/**
 * Changes a channel; its type stays. In use with the next run of who tells.
 *
 * @throws ALERT_CHANNEL_NOT_FOUND, VERSION_MISMATCH, INVALID_PARAMETER, WRITE_CONFLICT
 */
export async function changeChannel(
  deps: ChannelDependencies,
  id: string,
  change: z.output<typeof changeChannelRoute.body>,
  context: PrincipalContext,
): Promise<ChannelView> {
  const before = await current(deps, id, context);
  const { addresses, url, ...rest } = change;
  const wanted: StoredChannel = {
    ...before,
    name: rest.name ?? before.name,
    enabled: rest.enabled ?? before.enabled,
    min_severity: rest.min_severity ?? before.min_severity,
    severities: rest.severities === undefined ? before.severities : rest.severities,
    categories: rest.categories === undefined ? before.categories : rest.categories,
    quiet_hours: rest.quiet_hours === undefined ? before.quiet_hours : rest.quiet_hours,
    target: await changedTarget(deps, id, before.target, { addresses, url }),
  };
  const write = new WriteTransaction();
  const step = changeOf(deps, 'alert_channel.changed', before, wanted, context);
  put(deps, write, step);
  await write.commit(deps.client, context.deadline);
  return toChannelView(step.after);
}

/**
 * Gives a channel of type webhook a new signing secret. For a day its posts are signed with the old one too. The answer that is kept for replay
 * has no secret.
 *
 * @throws ALERT_CHANNEL_NOT_FOUND, INVALID_TRANSITION when it signs nothing, VERSION_MISMATCH, WRITE_CONFLICT; IdempotentReplay
 */
export async function rotateChannelSecret(
  deps: ChannelDependencies,
  id: string,
  context: IdempotentContext,
): Promise<IssuedChannel> {
  // A repeated request must not meet the version that it made itself.
  await deps.idempotency.replayIfAnswered(context.idempotency);
  const before = await current(deps, id, context);
  const { target, signingSecret } = await withNewSecret(deps, id, before.target, deps.clock());
  const write = new WriteTransaction();
  const step = changeOf(deps, 'alert_channel.secret_rotated', before, { ...before, target }, context);
  const view = toChannelView(step.after);
  deps.idempotency.record(write, context.idempotency, { status: 200, body: { ...view, signing_secret: null } });
  put(deps, write, step);
  await write.commit(deps.client, context.deadline);
  return { ...view, signing_secret: signingSecret };
}

/**
 * Deletes a channel with its secrets. What waits for it is not told there any more. Where its audit stream ends stays.
 *
 * @returns the channel as it was last
 * @throws ALERT_CHANNEL_NOT_FOUND, VERSION_MISMATCH, WRITE_CONFLICT
 */
export async function deleteChannel(
  deps: ChannelDependencies,
  id: string,
  context: PrincipalContext,
): Promise<ChannelView> {
  const before = await current(deps, id, context);
  const { after, entry } = changeOf(deps, 'alert_channel.deleted', before, { ...before, enabled: false }, context);
  const { audit_seq, audit_hash, updated_at } = after;
  const write = new WriteTransaction();
  write.put(
    deps.tables.notify,
    { ...channelKey(id), id, audit_seq, audit_hash, deleted_at: updated_at },
    changedMeanwhile,
    unchangedSince(before),
  );
  appendEntry(write, deps.tables.audit, entry);
  await write.commit(deps.client, context.deadline);
  return toChannelView(after);
}

async function current(deps: ChannelDependencies, id: string, context: PrincipalContext): Promise<StoredChannel> {
  const channel = await deps.channels.get(id);
  requireVersion(context, channel.version, `Alert channel ${id}`);
  return channel;
}

/** A channel after a change, with the audit entry of it, which has nothing secret: where it posts is told by the host. */
function changeOf(
  { clock }: ChannelDependencies,
  action: string,
  before: StoredChannel | undefined,
  wanted: StoredChannel,
  { principal, requestId }: PrincipalContext,
) {
  const at = isoTime(clock());
  const {
    created_at: _at,
    created_by: _by,
    updated_at: _updated,
    version: _version,
    ...detail
  } = toChannelView(wanted);
  const { entry, head } = nextEntry(
    wanted.id,
    wanted,
    { action, actor: principal.id, severity: 'WARNING', request_id: requestId, detail },
    at,
  );
  return { before, after: { ...wanted, ...head, updated_at: at, version: wanted.version + 1 }, entry };
}

function put(
  { tables }: ChannelDependencies,
  write: WriteTransaction,
  { before, after, entry }: ReturnType<typeof changeOf>,
): void {
  write.put(tables.notify, { ...channelKey(after.id), ...after }, changedMeanwhile, unchangedSince(before));
  appendEntry(write, tables.audit, entry);
}

const changedMeanwhile = () =>
  new HavenError('WRITE_CONFLICT', 'The channel was changed meanwhile; try again', { retryAfterSeconds: 1 });
