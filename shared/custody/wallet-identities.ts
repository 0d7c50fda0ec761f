import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { walletKey } from './ledger-keys.ts';
import { type WalletDirectory, walletNotFound } from './use-wallet.ts';
import type { WalletIdentity } from './wallet.ts';
import { custodySchema, purposeSchema } from './wallet-facets.ts';

const identitySchema = z.object({
  id: z.string(),
  address: z.string(),
  purpose: purposeSchema,
  custody: custodySchema,
});

/** Identities kept in memory by one function instance. */
const MAX_REMEMBERED = 5_000;

/**
 * What never changes of wallets in the ledger table, for who asks nothing else of them: the driver of lanes, which is judged by key
 * states that it loads itself. Without all that the store of wallets (`wallet-store.ts`) knows besides, its bundle is smaller.
 *
 * @param table the ledger table
 */
export function createWalletIdentities(
  client: DynamoDBDocumentClient,
  table: string,
): Pick<WalletDirectory, 'identity'> {
  const known = new Map<string, WalletIdentity>();
  return {
    async identity(walletId) {
      const before = known.get(walletId);
      if (before !== undefined) return before;
      const item = await readItem(client, table, walletKey(walletId));
      if (item === undefined) throw walletNotFound(walletId);
      const identity = identitySchema.parse(item);
      if (known.size >= MAX_REMEMBERED) known.clear();
      known.set(walletId, identity);
      return identity;
    },
  };
}
