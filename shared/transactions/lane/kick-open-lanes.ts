import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { LaneKicker } from './kick.ts';
import { AFTER_LANE, type LaneKey, OPEN_LANE_SHARDS, openLaneShard, parseLaneName } from './lane.ts';

/** Finds lanes with work. */
export interface OpenLanes {
  /** Every lane that has something queued or in flight. One small read per lane and one per shard. */
  list(): Promise<readonly LaneKey[]>;
}

const entrySchema = z.object({ gsi1sk: z.string().regex(/^\d+#0x[0-9a-f]{40}/) });

/**
 * Lanes with work, from the index that queue places and lanes in flight are in while they exist. The entries of a lane
 * stand together, so that one read per lane skips over all of them however long its queue is.
 *
 * @param table the ledger table
 */
export function createOpenLanes(client: DynamoDBDocumentClient, table: string): OpenLanes {
  async function nextLane(partition: string, after: string): Promise<string | undefined> {
    const { Items } = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'gsi1',
        KeyConditionExpression: 'gsi1pk = :pk AND gsi1sk > :after',
        ExpressionAttributeValues: { ':pk': partition, ':after': after },
        Limit: 1,
      }),
    );
    const first = Items?.[0];
    if (first === undefined) return undefined;
    const [chainId, address] = entrySchema.parse(first).gsi1sk.split('#');
    return `${chainId}#${address}`;
  }

  async function shardLanes(shard: number): Promise<string[]> {
    const names: string[] = [];
    let name = await nextLane(openLaneShard(shard), ' ');
    while (name !== undefined) {
      names.push(name);
      name = await nextLane(openLaneShard(shard), `${name}${AFTER_LANE}`);
    }
    return names;
  }

  return {
    async list() {
      const shards = Array.from({ length: OPEN_LANE_SHARDS }, (_, shard) => shardLanes(shard));
      return (await Promise.all(shards)).flat().map(parseLaneName);
    },
  };
}

/**
 * Kicks every lane that has work: whatever became of other kicks, no lane waits longer than the schedule's period.
 *
 * @returns how many lanes were kicked
 */
export async function kickOpenLanes(lanes: OpenLanes, kicker: LaneKicker): Promise<number> {
  const open = await lanes.list();
  await Promise.all(open.map((lane) => kicker.kick(lane, 'schedule')));
  return open.length;
}
