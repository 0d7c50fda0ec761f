import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { laneKey } from '../ledger-items.ts';
import { type LaneKey, type LaneState, laneStateSchema } from './lane.ts';

/** Reads the state of lanes, for people. */
export interface LaneReader {
  /** Strongly consistent; undefined when the lane was never driven. */
  get(key: LaneKey): Promise<LaneState | undefined>;
}

/**
 * Lanes in the ledger table.
 *
 * @param table the ledger table
 */
export function createLaneReader(client: DynamoDBDocumentClient, table: string): LaneReader {
  return {
    async get(key) {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: laneKey(key), ConsistentRead: true }));
      return Item === undefined ? undefined : laneStateSchema.parse(Item);
    },
  };
}
