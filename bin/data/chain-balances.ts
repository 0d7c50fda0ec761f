import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { createEndpoint } from '#shared/platform/chain/json-rpc.ts';
import { expect } from '#shared/platform/chain/outcomes.ts';
import { numberQuantity } from '#shared/platform/chain/quantities.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { tokenHoldings } from '#shared/transactions/sweep/read-holdings.ts';

/** What is asked for: the coin or a token of an address. */
interface Asked {
  readonly address: string;
  /** Null: the chain's own coin. */
  readonly token_address: string | null;
}

/** One address is asked about in a few requests; a chain that takes longer doesn't answer. */
const ANSWER_BUDGET_MS = 15_000;

/** The name of a balance. */
export function balanceName(address: string, tokenAddress: string | null): string {
  return `${address} ${tokenAddress ?? 'coin'}`.toLowerCase();
}

/**
 * A chain, for who asks what addresses have.
 *
 * @param rpcUrl may hold credentials: it is in no message
 * @throws RpcTransportError
 */
export async function readChain(rpcUrl: string) {
  const rpc = createEndpoint(rpcUrl);
  const client = new ChainClient(rpc);
  const deadline = () => Deadline.in(ANSWER_BUDGET_MS, systemClock);
  const chainId = await rpc.ask(
    [{ method: 'eth_chainId', params: [] }],
    ([outcome]) => expect(outcome, numberQuantity, 'eth_chainId'),
    deadline(),
  );
  return {
    chainId,
    /** Balances by `balanceName`, one address after the other. @throws RpcTransportError */
    async balances(asked: readonly Asked[]): Promise<ReadonlyMap<string, bigint>> {
      const found = new Map<string, bigint>();
      for (const { address, token_address } of asked) {
        if (token_address === null) {
          const { balanceWei } = await client.account(address, deadline());
          found.set(balanceName(address, null), balanceWei);
        } else {
          const [held] = await tokenHoldings({ client, from: address }, [token_address], deadline());
          found.set(balanceName(address, token_address), held?.amount ?? 0n);
        }
      }
      return found;
    },
  };
}
