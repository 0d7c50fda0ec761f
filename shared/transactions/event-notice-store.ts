import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import {
  TRANSACTION_NOTICE_SHARDS,
  type TransactionNotice,
  transactionNoticeKey,
  transactionNoticeSchema,
  waitingTransactionNotices,
} from './event-notice.ts';

/** Reads notices of transactions that nobody told yet. */
export interface TransactionNoticeStore {
  /** Strongly consistent; undefined: it was told. */
  get(id: string): Promise<TransactionNotice | undefined>;
  /** Ids of notices, the oldest of each shard first. From an index, so one may be missing for a moment, or gone. */
  waiting(limitPerShard: number): Promise<readonly string[]>;
}

/**
 * Notices of transactions in the ledger table.
 *
 * @param table the ledger table
 */
export function createTransactionNoticeStore(client: DynamoDBDocumentClient, table: string): TransactionNoticeStore {
  async function waitingOfShard(shard: number, limit: number): Promise<string[]> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'gsi1',
        KeyConditionExpression: 'gsi1pk = :pk',
        ExpressionAttributeValues: { ':pk': waitingTransactionNotices(shard) },
        Limit: limit,
      }),
    );
    return Items.map(({ gsi1sk }) => String(gsi1sk));
  }

  return {
    async get(id) {
      const item = await readItem(client, table, transactionNoticeKey(id));
      return item === undefined ? undefined : transactionNoticeSchema.parse(item);
    },

    async waiting(limitPerShard) {
      const shards = Array.from({ length: TRANSACTION_NOTICE_SHARDS }, (_, shard) =>
        waitingOfShard(shard, limitPerShard),
      );
      return (await Promise.all(shards)).flat();
    },
  };
}
