import type { ChainClients } from '#shared/platform/chain/chain-clients.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { feeGuess } from '#shared/transactions/fee-guess.ts';

/** Money that is to be sent. */
export interface Outgoing {
  readonly treasury: { readonly wallet_id: string; readonly address: string };
  readonly chain: ChainConfig;
  readonly asset: string;
  /** Null: the chain's own coin. */
  readonly tokenAddress: string | null;
  /** Base units. */
  readonly amount: bigint;
}

/** What a chain says of who sends and who gets. */
export interface TreasuryView {
  readonly blockNumber: number;
  readonly coinWei: bigint;
  /** Of what is to be sent, base units. */
  readonly balance: bigint;
  readonly gasPriceWei: bigint;
}

/** Asks chains what a refund is judged by. */
export interface TreasuryChain {
  /** What the treasury has now. */
  treasury(outgoing: Outgoing, deadline: Deadline): Promise<TreasuryView>;
  /** Whether an address runs code when it gets coin. */
  hasCode(chainId: number, address: string, deadline: Deadline): Promise<boolean>;
  /** The gas that coin takes that goes to an account without code; on a rollup more than 21,000. */
  plainGas(outgoing: Pick<Outgoing, 'treasury' | 'chain'>, deadline: Deadline): Promise<bigint>;
}

/** What a plain transfer takes where a node does not say otherwise (yellow paper, appendix G). */
const PLAIN_TRANSFER_GAS = 21_000n;

/** Chains as their endpoints have them. Each throws RpcTransportError (RPC_CONNECTION) when none answers. */
export function createTreasuryChain(clients: ChainClients): TreasuryChain {
  return {
    async treasury({ treasury: { address }, chain, tokenAddress }, deadline) {
      const client = await clients.for(chain.chain_id);
      const [{ head, balanceWei }, gasPriceWei] = await Promise.all([
        client.account(address, deadline),
        client.gasPrice(deadline),
      ]);
      const balance =
        tokenAddress === null
          ? balanceWei
          : (await client.at(head).balances([{ address, tokenAddress, blockNumber: head.number }], deadline))[0];
      // A contract that says nothing has nothing.
      return { blockNumber: head.number, coinWei: balanceWei, balance: balance ?? 0n, gasPriceWei };
    },
    async hasCode(chainId, address, deadline) {
      return (await clients.for(chainId)).hasCode(address, deadline);
    },
    async plainGas({ treasury: { address }, chain }, deadline) {
      const client = await clients.for(chain.chain_id);
      const [gas] = await client.estimateGas([{ from: address, to: address, data: '0x' }], deadline);
      return gas?.ok === true ? gas.value : PLAIN_TRANSFER_GAS;
    },
  };
}

/**
 * Refuses what the treasury has too little of now: it would stand in its lane for a day, before every other refund. What is queued before it is not
 * reckoned, nor what fees may rise by: then the lane waits, as for any transaction.
 *
 * @throws INSUFFICIENT_BALANCE naming what is missing, RPC_CONNECTION
 */
export async function requireFunds(look: TreasuryChain, outgoing: Outgoing, deadline: Deadline): Promise<void> {
  const { treasury, chain, asset, tokenAddress, amount } = outgoing;
  const view = await look.treasury(outgoing, deadline);
  const feeWei = feeGuess(chain, tokenAddress === null ? '0x' : TOKEN_CALL).gas * view.gasPriceWei;
  const missing = (of: string, balance: bigint, required: bigint) => {
    if (balance >= required) return;
    const what = `The treasury has ${balance} of ${of} at block ${view.blockNumber}, and this takes ${required}: ${required - balance} is missing`;
    throw new HavenError('INSUFFICIENT_BALANCE', what, {
      details: {
        wallet_id: treasury.wallet_id,
        chain_id: chain.chain_id,
        asset: of,
        balance: balance.toString(),
        block_number: view.blockNumber,
        required: required.toString(),
        missing: (required - balance).toString(),
      },
    });
  };
  if (tokenAddress !== null) missing(asset, view.balance, amount);
  missing(chain.native_asset, view.coinWei, tokenAddress === null ? amount + feeWei : feeWei);
}

/** Any call: it is reckoned by what tokens commonly take. */
const TOKEN_CALL = '0x00';
