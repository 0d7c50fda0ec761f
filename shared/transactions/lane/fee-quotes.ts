import { feeCapWei } from '#shared/custody/policy/check-policy.ts';
import type { PolicyRules } from '#shared/custody/policy/policy.ts';
import type { ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { Speed } from '../transaction.ts';
import { FEE_HISTORY_BLOCKS, FEE_PERCENTILES, type FeeQuote, outbidBy, quoteFees, quoteLegacyFees } from './fees.ts';

/** What a speed costs now, under a cap in wei per gas. */
export type QuoteFor = (speed: Speed, capWei: bigint) => FeeQuote;

/**
 * Asks the chain once what it costs, for any number of quotes.
 *
 * @throws RpcTransportError
 */
export async function askFees(client: ChainClient, chain: ChainConfig, deadline: Deadline): Promise<QuoteFor> {
  if (chain.fee_model === 'legacy') {
    const suggestedWei = await client.gasPrice(deadline);
    return (speed, capWei) => quoteLegacyFees(suggestedWei, speed, capWei);
  }
  const history = await client.feeHistory(FEE_HISTORY_BLOCKS, FEE_PERCENTILES, deadline);
  return (speed, capWei) => quoteFees(history, speed, capWei);
}

/** The most that what was asked for may offer per gas, in wei. */
export function intentCapWei(chain: ChainConfig): bigint {
  return BigInt(chain.max_fee_per_gas_wei);
}

/** The second limit is the first one so many times, where nothing else is said: of a chain, and of a wallet's own cap. */
const SECOND_LIMIT_FACTOR = 2n;

/**
 * The most that a no-op may offer per gas, in wei: the second limit of the chain, or twice the wallet's own cap where
 * that is less.
 */
export function noopCapWei(chain: ChainConfig, policy: FeeRules): bigint {
  const own = policy?.max_fee_per_gas ?? null;
  return own === null ? secondLimitWei(chain) : smaller(secondLimitWei(chain), SECOND_LIMIT_FACTOR * BigInt(own));
}

/**
 * The most that what was asked for may offer per gas, in wei, when all behind it has waited for it for long: the second
 * limit of the chain, less what a no-op needs to outbid it, so that it can still be given up. Never more than the
 * wallet's own cap, which is its owner's word and not prudence about a market.
 */
export function freeingCapWei(chain: ChainConfig, policy: FeeRules): bigint {
  return feeCapWei(policy, outbidBy(secondLimitWei(chain)));
}

function secondLimitWei(chain: ChainConfig): bigint {
  return chain.max_noop_fee_per_gas_wei === undefined
    ? SECOND_LIMIT_FACTOR * intentCapWei(chain)
    : BigInt(chain.max_noop_fee_per_gas_wei);
}

/** What a wallet's policy says of fees; undefined: it has none. */
type FeeRules = Pick<PolicyRules, 'max_fee_per_gas'> | undefined;

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
