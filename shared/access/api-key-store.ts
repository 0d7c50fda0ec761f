import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { appendEntry } from '#shared/audit/append-entry.ts';
import {
  type AuditContent,
  type AuditEntry,
  type AuditHead,
  auditHeadSchema,
  emptyHead,
  nextEntry,
} from '#shared/audit/audit-entry.ts';
import { indexSources, type RowPage, readPage, rowLoader } from '#shared/platform/dynamo/id-source.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { unchangedSince } from '#shared/platform/dynamo/versions.ts';
import type { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { type ApiKey, type ApiKeyFacts, apiKeySchema } from './api-key.ts';

/** The partition of gsi1 that lists all keys. */
const ALL_KEYS = 'API_KEYS';

/** Reads API keys. */
export interface ApiKeyStore {
  find(id: string): Promise<ApiKey | undefined>;
  /** @throws API_KEY_NOT_FOUND */
  get(id: string): Promise<ApiKey>;
  list(before: string | undefined, limit: number): Promise<RowPage<ApiKey>>;
  /**
   * Notes when a key was last used; not more often than an interval, so that a busy key is not a hot item.
   *
   * @param at ISO 8601, UTC
   * @param notSince ISO 8601, UTC: nothing is written when a later use is noted already
   */
  noteUse(id: string, at: string, notSince: string): Promise<void>;
}

/** A key's change as one object: what it was computed from, what it becomes, and the audit entry of the same write. */
export interface ApiKeyChanged {
  /** undefined for a new key. */
  readonly before: ApiKey | undefined;
  readonly after: ApiKey;
  readonly entry: AuditEntry;
}

/**
 * Computes a change of a key.
 *
 * @param before undefined for a new key
 * @param at ISO 8601, UTC
 */
export function changed(
  before: ApiKey | undefined,
  wanted: ApiKeyFacts,
  content: AuditContent,
  at: string,
): ApiKeyChanged {
  const { entry, head } = nextEntry(wanted.id, before ?? emptyHead(wanted.id), content, at);
  return { before, after: { ...wanted, ...head, version: (before?.version ?? 0) + 1 }, entry };
}

/** Adds a key's change and its audit entry to a transaction. */
export function putApiKey(
  write: WriteTransaction,
  tables: { readonly access: string; readonly audit: string },
  { before, after, entry }: ApiKeyChanged,
): void {
  write.put(
    tables.access,
    { pk: after.id, ...after, gsi1pk: ALL_KEYS, gsi1sk: after.id },
    () => new HavenError('WRITE_CONFLICT', 'The API key was changed meanwhile; try again', { retryAfterSeconds: 1 }),
    unchangedSince(before),
  );
  appendEntry(write, tables.audit, entry);
}

/**
 * Where the audit stream of a key ends, and nothing else of it: for who verifies streams and has no business with keys.
 *
 * @param table the access table
 * @throws API_KEY_NOT_FOUND
 */
export async function readApiKeyHead(client: DynamoDBDocumentClient, table: string, id: string): Promise<AuditHead> {
  const { Item } = await client.send(
    new GetCommand({
      TableName: table,
      Key: { pk: id },
      ProjectionExpression: 'audit_seq, audit_hash',
      ConsistentRead: true,
    }),
  );
  if (Item === undefined) throw apiKeyNotFound(id);
  return auditHeadSchema.parse(Item);
}

function apiKeyNotFound(id: string): HavenError {
  return new HavenError('API_KEY_NOT_FOUND', `There is no API key ${id}`);
}

/**
 * API keys in their own table: only the functions that check or manage access have it.
 *
 * @param table the access table
 */
export function createApiKeyStore(client: DynamoDBDocumentClient, table: string): ApiKeyStore {
  async function find(id: string): Promise<ApiKey | undefined> {
    const item = await readItem(client, table, { pk: id });
    return item === undefined ? undefined : apiKeySchema.parse(item);
  }

  return {
    find,

    async get(id) {
      const key = await find(id);
      if (key === undefined) throw apiKeyNotFound(id);
      return key;
    },

    list(before, limit) {
      const source = indexSources(client, table)('gsi1', ALL_KEYS);
      const load = rowLoader(client, table, (pk) => ({ pk }), apiKeySchema);
      return readPage(source, load, () => true, before, limit);
    },

    async noteUse(id, at, notSince) {
      try {
        await client.send(
          new UpdateCommand({
            TableName: table,
            Key: { pk: id },
            UpdateExpression: 'SET last_used_at = :at',
            ConditionExpression: 'attribute_exists(pk) AND (last_used_at = :null OR last_used_at < :notSince)',
            ExpressionAttributeValues: { ':at': at, ':notSince': notSince, ':null': null },
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}
