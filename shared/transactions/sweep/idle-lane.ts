import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { LaneKey } from '../lane/lane.ts';
import { createLaneReader } from '../lane/lane-reader.ts';
import { lanePartition } from '../ledger-items.ts';

/**
 * Whether nothing of a lane is queued or on its way. The lane is read before and after its queue: what leaves the queue for the
 * lane, or comes back, changes the lane's version, so that nothing can be missed between the reads.
 *
 * @param table the ledger table
 */
export async function isLaneIdle(client: DynamoDBDocumentClient, table: string, key: LaneKey): Promise<boolean> {
  const lanes = createLaneReader(client, table);
  const before = await lanes.get(key);
  if ((before?.in_flight.length ?? 0) > 0) return false;
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :queue)',
      ExpressionAttributeValues: { ':pk': lanePartition(key), ':queue': 'QUEUE#' },
      ConsistentRead: true,
      Limit: 1,
    }),
  );
  if (Items.length > 0) return false;
  const after = await lanes.get(key);
  return before?.version === after?.version;
}
