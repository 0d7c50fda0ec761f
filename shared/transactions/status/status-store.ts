import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { getAddress } from 'ethers/address';
import { encodeTime } from 'ulid';
import * as z from 'zod';
import { batchGet, rowLoader } from '#shared/platform/dynamo/id-source.ts';
import { OPEN_LANE_SHARDS, openLaneShard } from '../lane/lane.ts';
import { laneKey, statusTransactions, transactionKey } from '../ledger-items.ts';
import { type Transaction, type TransactionStatus, transactionSchema } from '../transaction.ts';

/** A number that may have been cut off: then there are at least so many. */
export interface BoundedCount {
  readonly count: number;
  readonly truncated: boolean;
}

/** A list that may have been cut off. */
export interface BoundedList<T> {
  readonly rows: readonly T[];
  readonly truncated: boolean;
}

/** A lane with work. */
export interface OpenLane {
  readonly chainId: number;
  readonly address: string;
  /** Null as long as the lane was never driven. */
  readonly walletId: string | null;
  readonly queued: number;
  readonly inFlight: number;
}

/** Reads what the state of all transactions is, at a cost that does not grow with how many there are. */
export interface StatusStore {
  /**
   * How many are in a status. One index query, of at most 1 MB: about 7,000 entries.
   *
   * @param sinceMs accepted since then; undefined: ever
   */
  count(status: TransactionStatus, sinceMs?: number): Promise<BoundedCount>;
  /** The oldest or the newest of a status. One index query and a read of the rows. */
  some(status: TransactionStatus, order: 'oldest' | 'newest', limit: number): Promise<BoundedList<Transaction>>;
  /** The lanes with work, those with most first. One index query per shard and one read of the lanes. */
  lanes(limit: number): Promise<BoundedList<OpenLane>>;
}

const entrySchema = z.object({ gsi1sk: z.string() });
const laneRowSchema = z.object({ pk: z.string(), wallet_id: z.string(), in_flight: z.array(z.unknown()) });

/**
 * The state of transactions in the ledger table, from its indexes: eventually consistent, milliseconds late.
 *
 * @param table the ledger table
 */
export function createStatusStore(client: DynamoDBDocumentClient, table: string): StatusStore {
  const load = rowLoader(client, table, transactionKey, transactionSchema);

  async function shardEntries(shard: number): Promise<BoundedList<string>> {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'gsi1',
        KeyConditionExpression: 'gsi1pk = :pk',
        ExpressionAttributeValues: { ':pk': openLaneShard(shard) },
      }),
    );
    return { rows: Items.map((item) => entrySchema.parse(item).gsi1sk), truncated: LastEvaluatedKey !== undefined };
  }

  return {
    async count(status, sinceMs) {
      const since = sinceMs === undefined ? undefined : `tx_${encodeTime(Math.max(0, sinceMs), 10)}`;
      const { Count = 0, LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'gsi3',
          Select: 'COUNT',
          KeyConditionExpression: since === undefined ? 'gsi3pk = :pk' : 'gsi3pk = :pk AND gsi3sk > :since',
          ExpressionAttributeValues: {
            ':pk': statusTransactions(status),
            ...(since === undefined ? {} : { ':since': since }),
          },
        }),
      );
      return { count: Count, truncated: LastEvaluatedKey !== undefined };
    },

    async some(status, order, limit) {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'gsi3',
          KeyConditionExpression: 'gsi3pk = :pk',
          ExpressionAttributeValues: { ':pk': statusTransactions(status) },
          ScanIndexForward: order === 'oldest',
          Limit: limit + 1,
        }),
      );
      const rows = await load(Items.slice(0, limit).map((item) => String(item['gsi3sk'])));
      // The index may be late: what a row itself says counts.
      return { rows: rows.filter((row) => row.status === status), truncated: Items.length > limit };
    },

    async lanes(limit) {
      const shards = await Promise.all(Array.from({ length: OPEN_LANE_SHARDS }, (_, shard) => shardEntries(shard)));
      const entries = shards.flatMap(({ rows }) => rows);
      const byLane = Map.groupBy(entries, (entry) => entry.split('#').slice(0, 2).join('#'));
      const names = [...byLane.keys()].sort((a, b) => (byLane.get(b)?.length ?? 0) - (byLane.get(a)?.length ?? 0));
      const lanes = names.slice(0, limit).map((name) => {
        const [chainId, address] = name.split('#');
        return { name, key: { chain_id: Number(chainId), address: getAddress(address ?? '') } };
      });
      const keys = lanes.map(({ key }) => laneKey(key));
      const states = new Map(
        (await batchGet(client, table, keys)).map((item) => {
          const row = laneRowSchema.parse(item);
          return [row.pk, row] as const;
        }),
      );
      const rows = lanes.map(({ name, key }): OpenLane => {
        const state = states.get(laneKey(key).pk);
        return {
          chainId: key.chain_id,
          address: key.address,
          walletId: state?.wallet_id ?? null,
          queued: (byLane.get(name) ?? []).filter((entry) => entry !== name).length,
          inFlight: state?.in_flight.length ?? 0,
        };
      });
      return { rows, truncated: names.length > limit || shards.some(({ truncated }) => truncated) };
    },
  };
}
