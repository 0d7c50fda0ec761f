import { type DynamoDBDocumentClient, paginateQuery, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import {
  type Holder,
  holderKey,
  holderSchema,
  POOL_SHARDS,
  type PooledWallet,
  type PoolState,
  pooledWalletIn,
  poolShard,
  poolStateKey,
  poolStateSchema,
  slotSortKey,
} from './pool-rows.ts';

/** Reads the pool. All reads are strongly consistent: a wallet that was taken is not seen any more. */
export interface PoolReader {
  /** Every wallet that waits. One read a shard. */
  all(): Promise<readonly PooledWallet[]>;
  /**
   * Wallets of one shard from a slot on, then from its beginning: all of it when it has fewer than the limit.
   *
   * @param slot anywhere
   */
  some(shard: number, slot: number, limit: number): Promise<readonly PooledWallet[]>;
  /** undefined: it was never looked at. */
  state(): Promise<PoolState | undefined>;
  /** undefined: it never left the pool, or never was in it. */
  holder(walletId: string): Promise<Holder | undefined>;
}

/**
 * The pool in the ledger table.
 *
 * @param table the ledger table
 */
export function createPoolReader(client: DynamoDBDocumentClient, table: string): PoolReader {
  async function shardRows(shard: number): Promise<readonly PooledWallet[]> {
    const pages = paginateQuery(
      { client },
      {
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': poolShard(shard) },
        ConsistentRead: true,
      },
    );
    const found: PooledWallet[] = [];
    for await (const { Items = [] } of pages) found.push(...Items.map(pooledWalletIn));
    return found;
  }

  async function part(shard: number, slot: number, side: '>=' | '<', limit: number): Promise<readonly PooledWallet[]> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: `pk = :pk AND sk ${side} :slot`,
        ExpressionAttributeValues: { ':pk': poolShard(shard), ':slot': slotSortKey(slot) },
        ConsistentRead: true,
        Limit: limit,
      }),
    );
    return Items.map(pooledWalletIn);
  }

  return {
    async all() {
      const shards = await Promise.all(Array.from({ length: POOL_SHARDS }, (_, shard) => shardRows(shard)));
      return shards.flat();
    },

    async some(shard, slot, limit) {
      const later = await part(shard, slot, '>=', limit);
      if (later.length === limit) return later;
      return [...later, ...(await part(shard, slot, '<', limit - later.length))];
    },

    async state() {
      const item = await readItem(client, table, poolStateKey);
      return item === undefined ? undefined : poolStateSchema.parse(item);
    },

    async holder(walletId) {
      const item = await readItem(client, table, holderKey(walletId));
      return item === undefined ? undefined : holderSchema.parse(item);
    },
  };
}
