import type { FundsReader } from '#shared/custody/policy/cover.ts';
import type { ChainClients } from '#shared/platform/chain/chain-clients.ts';
import type { ChainRegistry } from '#shared/platform/chain/chain-config.ts';

/** Balances as chains have them. */
export function createFundsReader(clients: ChainClients, chains: ChainRegistry): FundsReader {
  return {
    async newest({ chain_id, address }, deadline) {
      const { head, balanceWei } = await (await clients.for(chain_id)).account(address, deadline);
      return { balanceWei, blockNumber: head.number };
    },
    async final({ chain_id, address }, newest, deadline) {
      const blockNumber = newest.blockNumber - chains.get(chain_id).required_confirmations + 1;
      if (blockNumber < 0) return undefined;
      const balanceWei = await (await clients.for(chain_id)).balanceAt(address, blockNumber, deadline);
      return balanceWei === undefined ? undefined : { balanceWei, blockNumber };
    },
  };
}
