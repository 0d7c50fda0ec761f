import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { AFTER_LANE, OPEN_LANE_SHARDS, openLaneShard } from '#shared/transactions/lane/lane.ts';

/** Entries that one query reads: a lane has one for each transaction in its queue. */
const MAX_ENTRIES = 1_000;
/** Queries of one shard. Each goes on behind the lane at which the one before ended, so that a long queue hides no other lane. */
const MAX_QUERIES = 5;

/** Lanes with work. */
export interface OpenLanes {
  /** The transaction at the head of each lane's queue, by the lane's name; undefined: all of its work is in flight. */
  readonly heads: ReadonlyMap<string, string | undefined>;
  /** Whether there are more. */
  readonly truncated: boolean;
}

const entrySchema = z.object({ gsi1sk: z.string() });

/** Reads the lanes with work. As a rule an index query for each shard, five at most. */
export async function readOpenLanes(client: DynamoDBDocumentClient, ledger: string): Promise<OpenLanes> {
  const heads = new Map<string, string | undefined>();

  async function readShard(shard: number): Promise<{ readonly truncated: boolean }> {
    let after = ' ';
    for (let query = 0; query < MAX_QUERIES; query += 1) {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: ledger,
          IndexName: 'gsi1',
          KeyConditionExpression: 'gsi1pk = :pk AND gsi1sk > :after',
          ExpressionAttributeValues: { ':pk': openLaneShard(shard), ':after': after },
          Limit: MAX_ENTRIES,
        }),
      );
      for (const item of Items) {
        // `<chain>#<address>` of a lane itself, and a transaction's id behind that of a place in its queue.
        const [chain = '', address = '', head] = entrySchema.parse(item).gsi1sk.split('#');
        const lane = `${chain}#${address}`;
        heads.set(lane, heads.get(lane) ?? head);
        after = `${lane}${AFTER_LANE}`;
      }
      if (LastEvaluatedKey === undefined && Items.length < MAX_ENTRIES) return { truncated: false };
    }
    return { truncated: true };
  }

  const shards = await Promise.all(Array.from({ length: OPEN_LANE_SHARDS }, (_, shard) => readShard(shard)));
  return { heads, truncated: shards.some(({ truncated }) => truncated) };
}
