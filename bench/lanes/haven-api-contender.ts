import type { AuditStore } from '#shared/audit/audit-store.ts';
import type { HavenClient } from '#shared/client/haven-client.ts';
import type { LaneStore } from '#shared/transactions/lane/lane-store.ts';
import type { BenchWallet } from './accounts.ts';
import type { Contender, Course } from './contender.ts';
import { askHaven, laneAtRest, outcomesByHistory } from './lane-history.ts';
import { transferData } from './transfers.ts';

/** The deployed Haven: its API, and its tables for looking at the end past the API. */
interface DeployedHaven {
  readonly client: HavenClient;
  /** Asking the API what became of a transfer would load the functions that are measured. */
  readonly store: LaneStore;
  readonly audit: AuditStore;
}

/** Haven as it is deployed: transfers go through its API, its queues and its functions. */
export function createHavenApiContender(
  { client, store, audit }: DeployedHaven,
  { chainId, tokenAddress }: Course,
  wallet: BenchWallet,
): Contender {
  return {
    name: 'Haven, deployed',
    address: wallet.address,
    fewestAtOnce: 1,
    async send(serials) {
      const asked = await askHaven(serials, async (serial) => {
        const body = { wallet_id: wallet.id, chain_id: chainId, to: tokenAddress, data: transferData(serial) };
        return (await client.createTransaction({ body })).id;
      });
      await laneAtRest(store, { chain_id: chainId, address: wallet.address });
      return outcomesByHistory(audit, asked);
    },
    close: () => undefined,
  };
}
