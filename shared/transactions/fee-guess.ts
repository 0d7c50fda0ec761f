import type { FeeGuess } from '#shared/custody/policy/check-policy.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';

/** Covers a transfer of common ERC-20s, which take 35,000 to 75,000. */
const ASSUMED_CALL_GAS = 100_000;

/** What a transfer to an account without code needs (yellow paper, appendix G). */
const PLAIN_TRANSFER_GAS = 21_000;

/**
 * What the fee of a transaction is reckoned by when it is accepted, where no chain is asked. Its signature replaces it by
 * the truth: a guess too low costs the transaction, if there is no room for its real fee then; one too high costs room for
 * others until then.
 *
 * @param data calldata, hex with 0x
 */
export function feeGuess(
  chain: Pick<ChainConfig, 'assumed_gas' | 'max_fee_per_gas_wei' | 'max_gas_per_transaction'>,
  data: string,
): FeeGuess {
  const assumed = data === '0x' ? PLAIN_TRANSFER_GAS : (chain.assumed_gas ?? ASSUMED_CALL_GAS);
  return {
    capWei: BigInt(chain.max_fee_per_gas_wei),
    gas: BigInt(Math.min(assumed, chain.max_gas_per_transaction)),
  };
}
