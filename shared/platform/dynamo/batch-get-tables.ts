import { BatchGetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { ItemKey } from './write-transaction.ts';

/** What to read of one table. */
export interface TableKeys {
  readonly table: string;
  readonly keys: readonly ItemKey[];
  /** Whether what was written a moment ago must be seen; costs twice as much. */
  readonly consistent: boolean;
}

/** Unprocessed keys are a throttle; after this many rounds the caller should know. */
const MAX_ROUNDS = 5;

/**
 * Reads items of several tables in one request, at most 100 in all.
 *
 * @param wants each table once
 * @returns the items found by table, in no order
 */
export async function batchGetTables(
  client: DynamoDBDocumentClient,
  wants: readonly TableKeys[],
): Promise<ReadonlyMap<string, readonly Record<string, unknown>[]>> {
  const found = new Map<string, Record<string, unknown>[]>(wants.map(({ table }) => [table, []]));
  let pending = wants.filter(({ keys }) => keys.length > 0);
  for (let round = 0; pending.length > 0; round += 1) {
    if (round === MAX_ROUNDS) throw new Error('DynamoDB kept leaving keys of a batch unprocessed');
    const requests = pending.map(({ table, keys, consistent }) => [
      table,
      { Keys: keys.map((key) => ({ ...key })), ConsistentRead: consistent },
    ]);
    const { Responses = {}, UnprocessedKeys = {} } = await client.send(
      new BatchGetCommand({ RequestItems: Object.fromEntries(requests) }),
    );
    for (const [table, items] of Object.entries(Responses)) found.get(table)?.push(...items);
    pending = pending.flatMap((want) => {
      const { Keys = [] } = UnprocessedKeys[want.table] ?? {};
      return Keys.length === 0 ? [] : [{ ...want, keys: Keys }];
    });
  }
  return found;
}
