import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { WalletsOnChain } from '#shared/custody/wallet-list.ts';
import { batchGet, indexSources } from '#shared/platform/dynamo/id-source.ts';
import { chainLanes, laneKey } from '../ledger-items.ts';
import { laneKeySchema } from './lane.ts';

/**
 * Tells lists of wallets which have a lane on a chain, from the ledger table.
 *
 * @param table the ledger table
 */
export function createLanesByChain(client: DynamoDBDocumentClient, table: string): WalletsOnChain {
  return {
    walletIds: (chainId) => indexSources(client, table)('gsi2', chainLanes(chainId)),

    async withLane(chainId, addresses) {
      const keys = addresses.map((address) => laneKey({ chain_id: chainId, address }));
      const items = await batchGet(client, table, keys);
      return new Set(items.map((item) => laneKeySchema.parse(item).address));
    },
  };
}
