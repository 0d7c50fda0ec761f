import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { type AuditContent, type AuditEntry, type AuditHead, emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { batchGet, partitionSource, type RowPage, readPage, rowLoader } from '#shared/platform/dynamo/id-source.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { type Condition, NOT_EXISTS, type WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { endpointSchema, MAX_ENDPOINTS, type WebhookEndpoint } from './endpoint.ts';
import { ALL_ENDPOINTS, endpointKey, listedEndpointKey } from './keys.ts';

/** Reads endpoints. */
export interface EndpointStore {
  /** Strongly consistent; undefined: there never was one. One that is deleted is there. */
  find(id: string): Promise<WebhookEndpoint | undefined>;
  /** @throws WEBHOOK_ENDPOINT_NOT_FOUND when it is deleted, too */
  get(id: string): Promise<WebhookEndpoint>;
  /** Newest first, without those that are deleted; strongly consistent. */
  list(before: string | undefined, limit: number): Promise<RowPage<WebhookEndpoint>>;
  /** How many there are, without those that are deleted; strongly consistent. */
  count(): Promise<number>;
  /** All that are enabled; strongly consistent: one that was made before is among them. */
  enabled(): Promise<readonly WebhookEndpoint[]>;
}

/** Read at once when all are wanted: one query has all that there may be, and sees that they are all. */
const LIST_PAGE = 2 * MAX_ENDPOINTS;

/**
 * Endpoints in the notify table.
 *
 * @param table the notify table
 */
export function createEndpointStore(client: DynamoDBDocumentClient, table: string): EndpointStore {
  const load = rowLoader(client, table, endpointKey, endpointSchema);
  const all = partitionSource(client, {
    table,
    partitionKey: 'pk',
    sortKey: 'sk',
    partition: ALL_ENDPOINTS,
    consistent: true,
  });

  async function find(id: string): Promise<WebhookEndpoint | undefined> {
    const item = await readItem(client, table, endpointKey(id));
    return item === undefined ? undefined : endpointSchema.parse(item);
  }

  async function allIds(): Promise<readonly string[]> {
    const ids: string[] = [];
    for (;;) {
      const page = await all(ids.at(-1), LIST_PAGE);
      ids.push(...page);
      if (page.length < LIST_PAGE) return ids;
    }
  }

  return {
    find,

    async get(id) {
      const found = await find(id);
      if (found === undefined || found.deleted_at !== null) throw endpointNotFound(id);
      return found;
    },

    list: (before, limit) => readPage(all, load, ({ deleted_at }) => deleted_at === null, before, limit),

    count: async () => (await allIds()).length,

    async enabled() {
      const items = await batchGet(client, table, (await allIds()).map(endpointKey));
      return items.map((item) => endpointSchema.parse(item)).filter(({ enabled }) => enabled);
    },
  };
}

function endpointNotFound(id: string): HavenError {
  return new HavenError('WEBHOOK_ENDPOINT_NOT_FOUND', `There is no webhook endpoint ${id}`);
}

/** A change of an endpoint as one object: what it was computed from, what it becomes, and the audit entry of the same write. */
export interface EndpointChanged {
  /** undefined for a new endpoint. */
  readonly before: WebhookEndpoint | undefined;
  readonly after: WebhookEndpoint;
  readonly entry: AuditEntry;
}

/**
 * Computes a change of an endpoint.
 *
 * @param before undefined for a new endpoint
 * @param at ISO 8601, UTC
 */
export function changedEndpoint(
  before: WebhookEndpoint | undefined,
  wanted: Omit<WebhookEndpoint, 'updated_at' | 'version' | keyof AuditHead>,
  content: AuditContent,
  at: string,
): EndpointChanged {
  const { entry, head } = nextEntry(wanted.id, before ?? emptyHead(wanted.id), content, at);
  return { before, after: { ...wanted, ...head, updated_at: at, version: (before?.version ?? 0) + 1 }, entry };
}

/** Of rows of the list: whoever writes them may not read them one by one. */
const NOT_LISTED: Condition = { ...NOT_EXISTS, showsExisting: false };
const LISTED: Condition = { expression: 'attribute_exists(pk)', showsExisting: false };

/**
 * Adds a change of an endpoint and its audit entry to a transaction; what is made or deleted comes into the list, or goes, with it.
 *
 * @param onConflict what to throw when somebody else changed it meanwhile; by default WRITE_CONFLICT
 */
export function putEndpoint(
  write: WriteTransaction,
  tables: { readonly notify: string; readonly audit: string },
  { before, after, entry }: EndpointChanged,
  onConflict: () => Error = endpointChanged,
): void {
  write.put(tables.notify, { ...endpointKey(after.id), ...after }, onConflict, unchangedSince(before));
  const listed = listedEndpointKey(after.id);
  if (before === undefined) write.put(tables.notify, listed, onConflict, NOT_LISTED);
  else if (after.deleted_at !== null) write.delete(tables.notify, listed, onConflict, LISTED);
  appendEntry(write, tables.audit, entry);
}

function endpointChanged(): HavenError {
  return new HavenError('WRITE_CONFLICT', 'The endpoint was changed meanwhile; try again', { retryAfterSeconds: 1 });
}
