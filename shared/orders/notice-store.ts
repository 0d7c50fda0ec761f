import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { type Notice, noticeSchema } from './notice.ts';
import { NOTICE_SHARDS, noticeKey, waitingNotices } from './order-keys.ts';
import type { Audience } from './transitions.ts';

/** Reads notices to one audience that nobody delivered yet. */
export interface NoticeStore {
  /** Strongly consistent; undefined: it was delivered. */
  get(id: string): Promise<Notice | undefined>;
  /** Ids of notices, the oldest of each shard first. From an index, so one may be missing for a moment, or gone. */
  waiting(limitPerShard: number): Promise<readonly string[]>;
}

/**
 * Notices to an audience in the shop table.
 *
 * @param table the shop table
 */
export function createNoticeStore(client: DynamoDBDocumentClient, table: string, audience: Audience): NoticeStore {
  async function waitingOfShard(shard: number, limit: number): Promise<string[]> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'gsi3',
        KeyConditionExpression: 'gsi3pk = :pk',
        ExpressionAttributeValues: { ':pk': waitingNotices(audience, shard) },
        Limit: limit,
      }),
    );
    return Items.map(({ gsi3sk }) => String(gsi3sk));
  }

  return {
    async get(id) {
      const item = await readItem(client, table, noticeKey(audience, id));
      return item === undefined ? undefined : noticeSchema.parse(item);
    },

    async waiting(limitPerShard) {
      const shards = Array.from({ length: NOTICE_SHARDS }, (_, shard) => waitingOfShard(shard, limitPerShard));
      return (await Promise.all(shards)).flat();
    },
  };
}
