import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { batchGet } from '#shared/platform/dynamo/id-source.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import { custodyKey, standingOf } from '../custody-state.ts';
import { walletKey } from '../ledger-keys.ts';
import { isUsable } from '../use-wallet.ts';
import { walletSchema } from '../wallet.ts';
import { NotInPool, type PoolActor, type PoolTables, retireFromPool } from './leave-pool.ts';
import { POOL_SHARDS, type PooledWallet } from './pool-rows.ts';

/** What taking unusable wallets out of the pool needs. */
export interface RetireDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: PoolTables;
  readonly clock: Clock;
  readonly log: Log;
}

/** One shard is looked through in each minute: all of them within four, by a read for each wallet of one. */
const LOOK_EVERY_MS = 60_000;
/** Leaving the pool is one write; none is begun with less time left. */
const RETIRE_BUDGET_MS = 2_000;

/**
 * Takes wallets out of the pool that people have paused, rotated or revoked: nobody could take them, and they would keep
 * their slots for ever. Looks at one shard, another one each minute.
 *
 * @param pooled all that wait
 * @returns how many have left
 */
export async function retireUnusable(
  deps: RetireDependencies,
  pooled: readonly PooledWallet[],
  by: PoolActor,
  deadline: Deadline,
): Promise<number> {
  const shard = Math.floor(deps.clock() / LOOK_EVERY_MS) % POOL_SHARDS;
  const looked = pooled.filter(({ slot }) => slot % POOL_SHARDS === shard);
  const rows = await batchGet(
    deps.client,
    deps.tables.ledger,
    looked.flatMap(({ walletId }) => [walletKey(walletId), custodyKey(walletId)]),
  );
  // Each kind of row has partitions of its own.
  const rowByPartition = new Map(rows.map((row) => [row['pk'], row]));
  const canBeTaken = ({ walletId }: PooledWallet) => {
    const row = rowByPartition.get(walletKey(walletId).pk);
    if (row === undefined) return false;
    const wallet = walletSchema.parse(row);
    // Taking asks both, too.
    return isUsable(wallet) && isUsable(standingOf(rowByPartition.get(custodyKey(walletId).pk), wallet));
  };
  let retired = 0;
  for (const wallet of looked.filter((waiting) => !canBeTaken(waiting))) {
    if (!deadline.allows(RETIRE_BUDGET_MS)) return retired;
    const write = new WriteTransaction();
    retireFromPool(write, deps.tables, wallet, by, isoTime(deps.clock()));
    try {
      await write.commit(deps.client, deadline);
    } catch (error) {
      // Somebody else was first, or tried: the next look knows.
      if (error instanceof NotInPool) continue;
      throw error;
    }
    deps.log.write('DEPOSIT_WALLET_RETIRED', { wallet_id: wallet.walletId, address: wallet.address });
    retired += 1;
  }
  return retired;
}
