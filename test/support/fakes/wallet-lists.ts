import { emptyHead } from '#shared/audit/audit-entry.ts';
import type { Wallet } from '#shared/custody/wallet.ts';
import { createWalletList, type WalletFilter } from '#shared/custody/wallet-list.ts';
import { putWallet } from '#shared/custody/wallet-store.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { newLane } from '#shared/transactions/lane/lane.ts';
import { createLanesByChain } from '#shared/transactions/lane/lanes-by-chain.ts';
import { laneItem } from '#shared/transactions/ledger-items.ts';
import { createFakeClock } from './fake-clock.ts';
import { createMemoryDynamo } from './memory-dynamo.ts';
import { createScriptedAws, scriptedDocumentClient } from './scripted-aws.ts';

/** A wallet of a list, with the chains on which it has a lane. */
export interface ListedWallet {
  readonly wallet: Wallet;
  readonly chains?: readonly number[];
}

/** Lists of wallets that are stored in memory as creating them stores them. */
export async function walletLists(wallets: readonly ListedWallet[]) {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'] });
  const aws = createScriptedAws((request) => dynamo.answer(request));
  const client = scriptedDocumentClient(aws);
  for (const { wallet, chains = [] } of wallets) {
    const write = new WriteTransaction();
    putWallet(write, 'ledger', wallet, emptyHead(wallet.id));
    await write.commit(client, Deadline.in(1_000, createFakeClock().now));
    for (const chain_id of chains) {
      dynamo.put('ledger', laneItem({ ...newLane({ chain_id, address: wallet.address }, wallet.id), version: 1 }));
    }
  }
  const { list } = createWalletList(client, 'ledger', createLanesByChain(client, 'ledger'));
  /** Ids page by page. */
  const pages = async (filter: WalletFilter, limit: number): Promise<readonly (readonly string[])[]> => {
    const ids: string[][] = [];
    let before: string | undefined;
    do {
      const { rows, lastId } = await list(filter, before, limit);
      ids.push(rows.map(({ id }) => id));
      before = lastId;
    } while (before !== undefined);
    return ids;
  };
  return { aws, dynamo, list, pages };
}
