import type { ChainClients } from '#shared/platform/chain/chain-clients.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { type Check, complete } from '../check.ts';
import { judgeGasPrice, withSample } from '../gas-baseline.ts';
import type { GasBaselineStore } from '../gas-baseline-store.ts';
import type { Thresholds } from '../thresholds.ts';

/**
 * Watches what gas costs on one chain, and remembers it. One call to the chain, a Get and a Put. Each chain is a check of its own, so that one
 * that doesn't answer hides no other.
 */
export function gasPriceCheck(
  chain: ChainConfig,
  clients: ChainClients,
  store: GasBaselineStore,
  thresholds: Thresholds,
): Check {
  return {
    name: `gas_price:${chain.chain_id}`,
    async look(nowMs, _open, deadline) {
      const [priceWei, before] = await Promise.all([askPrice(chain, clients, deadline), store.read(chain.chain_id)]);
      if (priceWei === undefined) return complete([]);
      const after = withSample(before, priceWei, nowMs);
      if (after !== undefined) await store.save(chain.chain_id, before, after, nowMs);
      return complete(judgeGasPrice(chain, priceWei, before, thresholds, nowMs));
    },
  };
}

/** The next block's base fee; on a chain without what its node suggests. */
async function askPrice(
  { chain_id, fee_model }: ChainConfig,
  clients: ChainClients,
  deadline: Deadline,
): Promise<bigint | undefined> {
  const client = await clients.for(chain_id);
  if (fee_model === 'legacy') return client.gasPrice(deadline);
  return (await client.feeHistory(1, [], deadline)).baseFees.at(-1);
}
