import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import { batchGetTables } from './batch-get-tables.ts';

/**
 * Gives ids of one list, newest first: at most `limit`, all older than `before`. Ids are sortable by time, so several
 * sources of the same kind can be merged and one id says where a page ends.
 */
export type IdSource = (before: string | undefined, limit: number) => Promise<readonly string[]>;

/** Where a list's ids are: a partition of the table or of an index whose sort key is the id. */
export interface IdPartition {
  readonly table: string;
  readonly index?: string;
  readonly partitionKey: string;
  readonly sortKey: string;
  readonly partition: string;
  /** Whether what was written a moment ago must be there; no index can say that. By default it need not. */
  readonly consistent?: true;
}

/**
 * A source that reads one partition. Reads are eventually consistent unless asked otherwise: a list may lag behind a write by
 * milliseconds, its rows never do (they are read strongly consistent from the table).
 */
export function partitionSource(client: DynamoDBDocumentClient, at: IdPartition): IdSource {
  return async (before, limit) => {
    const { Items } = await client.send(
      new QueryCommand({
        TableName: at.table,
        IndexName: at.index,
        KeyConditionExpression: before === undefined ? '#pk = :pk' : '#pk = :pk AND #sk < :before',
        ExpressionAttributeNames: { '#pk': at.partitionKey, '#sk': at.sortKey },
        ExpressionAttributeValues: { ':pk': at.partition, ...(before === undefined ? {} : { ':before': before }) },
        ProjectionExpression: '#sk',
        ScanIndexForward: false,
        Limit: limit,
        ConsistentRead: at.consistent,
      }),
    );
    return (Items ?? []).map((item) => String(item[at.sortKey]));
  };
}

/**
 * Sources that read the partitions of Haven's indexes.
 *
 * @param table whose indexes
 */
export function indexSources(
  client: DynamoDBDocumentClient,
  table: string,
): (index: 'gsi1' | 'gsi2' | 'gsi3' | 'gsi4', partition: string) => IdSource {
  return (index, partition) =>
    partitionSource(client, { table, index, partitionKey: `${index}pk`, sortKey: `${index}sk`, partition });
}

/**
 * A source of at most one id, by something else that is unique.
 *
 * @param read the id; anything but a text: there is none
 */
export function singleSource(read: () => Promise<unknown>): IdSource {
  return async (before) => {
    const id = await read();
    return typeof id === 'string' && (before === undefined || id < before) ? [id] : [];
  };
}

/** Merges sources of the same kind into one, newest first. */
export function mergedSource(sources: readonly IdSource[]): IdSource {
  return async (before, limit) => {
    const lists = await Promise.all(sources.map((source) => source(before, limit)));
    return [...new Set(lists.flat())].sort().reverse().slice(0, limit);
  };
}

/** A page of rows and the id after which the next one begins. */
export interface RowPage<T> {
  readonly rows: readonly T[];
  /** undefined when the list has ended. */
  readonly lastId: string | undefined;
}

/** Rounds of ids, and of rows, read for one page when a filter rejects most of them; the page then ends early, with a cursor. */
const MAX_ROUNDS = 8;

/** How to look for rows of which few pass; without it a round reads as many ids as the page has rows, and the rows of all. */
export interface Search {
  /** Ids that a round reads. */
  readonly idsAtOnce: number;
  /** What an id tells already: rows of others are not read. Left out: nothing. */
  readonly accepts?: (id: string) => boolean;
}

/**
 * Reads one page of rows that pass a filter. Bounded, whatever the filter: where few rows pass, a page may have less than `limit` rows, or
 * none, and a cursor all the same.
 *
 * @param source ids of the list
 * @param load rows by id, in the ids' order; ids without a row are left out
 * @param passes the part of the filter that the source doesn't cover
 */
export async function readPage<T extends { readonly id: string }>(
  source: IdSource,
  load: (ids: readonly string[]) => Promise<readonly T[]>,
  passes: (row: T) => boolean,
  before: string | undefined,
  limit: number,
  { idsAtOnce, accepts = () => true }: Search = { idsAtOnce: limit },
): Promise<RowPage<T>> {
  const rows: T[] = [];
  let position = before;
  let loads = 0;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const ids = await source(position, idsAtOnce);
    const accepted = ids.filter(accepts);
    for (let start = 0; start < accepted.length; start += MAX_BATCH_KEYS) {
      if (loads === MAX_ROUNDS || rows.length === limit) return { rows, lastId: position };
      const batch = accepted.slice(start, start + MAX_BATCH_KEYS);
      loads += 1;
      for (const row of (await load(batch)).filter(passes)) {
        if (rows.length === limit) return { rows, lastId: rows.at(-1)?.id };
        rows.push(row);
      }
      position = batch.at(-1);
    }
    if (ids.length < idsAtOnce) return { rows, lastId: undefined };
    position = ids.at(-1);
    if (rows.length === limit) return { rows, lastId: position };
  }
  return { rows, lastId: position };
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const MAX_BATCH_KEYS = 100;

/**
 * Reads items by key, strongly consistent; more than 100 in several requests, one after the other.
 *
 * @returns the items found, in no order
 */
export async function batchGet(
  client: DynamoDBDocumentClient,
  table: string,
  keys: readonly Readonly<Record<string, string | number>>[],
): Promise<readonly Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  for (let start = 0; start < keys.length; start += MAX_BATCH_KEYS) {
    const part = keys.slice(start, start + MAX_BATCH_KEYS);
    const read = await batchGetTables(client, [{ table, keys: part, consistent: true }]);
    found.push(...(read.get(table) ?? []));
  }
  return found;
}

/**
 * A loader of rows by id, for `readPage`.
 *
 * @param keyOf the key of a row
 * @param schema what a row must be
 * @returns rows in the ids' order; ids without a row are left out
 */
export function rowLoader<T extends { readonly id: string }>(
  client: DynamoDBDocumentClient,
  table: string,
  keyOf: (id: string) => Readonly<Record<string, string>>,
  schema: z.ZodType<T>,
): (ids: readonly string[]) => Promise<readonly T[]> {
  return async (ids) => {
    const items = await batchGet(client, table, ids.map(keyOf));
    const byId = new Map(items.map((item) => schema.parse(item)).map((row) => [row.id, row]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  };
}
