import type { AuditStore } from '#shared/audit/audit-store.ts';
import type { HavenClient } from '#shared/client/haven-client.ts';
import type { LaneStore } from '#shared/transactions/lane/lane-store.ts';
import { type Contender, nowMs } from './contender.ts';
import { laneAtRest, timesByHistory } from './lane-history.ts';
import { transferData } from './transfers.ts';

/** Haven as it is deployed: transfers go through its API, its queues and its functions. */
export function createHavenApiContender(
  deployed: {
    readonly client: HavenClient;
    readonly chainId: number;
    readonly tokenAddress: string;
    /** What tells the end, past the API: asking it would load the functions that are measured. */
    readonly store: LaneStore;
    readonly audit: AuditStore;
  },
  wallet: { readonly id: string; readonly address: string },
): Contender {
  const { client, chainId, tokenAddress, store, audit } = deployed;
  return {
    name: 'Haven, deployed API',
    address: wallet.address,
    async send(serials) {
      const asked = await Promise.all(
        serials.map(async (serial) => {
          const askedAt = nowMs();
          const { id } = await client.createTransaction({
            body: { wallet_id: wallet.id, chain_id: chainId, to: tokenAddress, data: transferData(serial) },
          });
          return { id, askedAt, answeredAt: nowMs() };
        }),
      );
      await laneAtRest(store, { chain_id: chainId, address: wallet.address });
      return timesByHistory(audit, asked);
    },
    close: () => undefined,
  };
}
