import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { readItem } from '../dynamo/read-item.ts';
import { OUTBOX_SHARDS, type OutboxMessage, outboxKey, outboxMessageSchema, outboxShard } from './outbox-message.ts';

/** Reads what is undelivered. */
export interface Outbox {
  /** A message, strongly consistent; undefined when it was delivered or never there. */
  get(id: string): Promise<OutboxMessage | undefined>;
  /**
   * Ids of undelivered messages, the oldest of each shard first, at most so many per shard. From an index, so one that
   * was just written may be missing and one that was just removed may be there.
   */
  undelivered(limitPerShard: number): Promise<readonly string[]>;
}

const indexRowSchema = z.object({ pk: z.string().startsWith('OUTBOX#') });

/**
 * The outbox in the ledger table.
 *
 * @param table the ledger table
 */
export function createOutbox(client: DynamoDBDocumentClient, table: string): Outbox {
  async function shardIds(shard: number, limit: number): Promise<string[]> {
    const ids: string[] = [];
    let startKey: Record<string, unknown> | undefined;
    do {
      const page = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'gsi1',
          KeyConditionExpression: 'gsi1pk = :pk',
          ExpressionAttributeValues: { ':pk': outboxShard(shard) },
          Limit: limit - ids.length,
          ExclusiveStartKey: startKey,
        }),
      );
      for (const item of page.Items ?? []) ids.push(indexRowSchema.parse(item).pk.slice('OUTBOX#'.length));
      startKey = page.LastEvaluatedKey;
    } while (startKey !== undefined && ids.length < limit);
    return ids;
  }

  return {
    async get(id) {
      const item = await readItem(client, table, outboxKey(id));
      return item === undefined ? undefined : outboxMessageSchema.parse(item);
    },

    async undelivered(limitPerShard) {
      const shards = Array.from({ length: OUTBOX_SHARDS }, (_, shard) => shardIds(shard, limitPerShard));
      return (await Promise.all(shards)).flat();
    },
  };
}
