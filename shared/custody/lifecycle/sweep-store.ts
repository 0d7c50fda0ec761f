import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { type Sweep, sweepSchema } from './sweep.ts';
import { OPEN_SWEEPS, sweepKey } from './sweep-row.ts';

/** Reads sweeps. */
export interface SweepReader {
  /** The last sweep of a wallet, strongly consistent; undefined: there has never been one. */
  get(walletId: string): Promise<Sweep | undefined>;
}

/** Reads sweeps, and which are open. */
export interface SweepStore extends SweepReader {
  /**
   * Wallets with an open sweep, by id. The index may lag behind.
   *
   * @param after the last one of the page before
   */
  open(limit: number, after?: string): Promise<readonly string[]>;
}

const openRowSchema = z.object({ gsi1sk: z.string() });

/**
 * Sweeps in the ledger table.
 *
 * @param table the ledger table
 */
export function createSweepStore(client: DynamoDBDocumentClient, table: string): SweepStore {
  return {
    async get(walletId) {
      const item = await readItem(client, table, sweepKey(walletId));
      return item === undefined ? undefined : sweepSchema.parse(item);
    },
    async open(limit, after = ' ') {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'gsi1',
          KeyConditionExpression: 'gsi1pk = :pk AND gsi1sk > :after',
          ExpressionAttributeValues: { ':pk': OPEN_SWEEPS, ':after': after },
          Limit: limit,
        }),
      );
      return Items.map((item) => openRowSchema.parse(item).gsi1sk);
    },
  };
}
