import { feeCapWei } from '#shared/custody/policy/check-policy.ts';
import type { PolicyRules } from '#shared/custody/policy/policy.ts';
import type { ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { askFees, intentCapWei } from '../lane/fee-quotes.ts';
import { type Holding, movableWei } from './plan-moves.ts';

/** Where a sweep goes from and to, on one chain. */
export interface Way {
  readonly client: ChainClient;
  readonly chain: ChainConfig;
  readonly from: string;
  readonly to: string;
  readonly policy: PolicyRules | undefined;
}

const WORD_CHARS = 64;
const BALANCE_OF = '0x70a08231';
const TRANSFER = '0xa9059cbb';

/**
 * What an address has of tokens. A contract that doesn't answer like an ERC-20 has none of it.
 *
 * @throws RpcTransportError
 */
export async function tokenHoldings(
  { client, from }: Pick<Way, 'client' | 'from'>,
  tokens: readonly string[],
  deadline: Deadline,
): Promise<readonly Holding[]> {
  if (tokens.length === 0) return [];
  const calls = tokens.map((to) => ({ to, data: `${BALANCE_OF}${word(from)}` }));
  const { results } = await client.read(calls, deadline);
  return tokens.map((token_address, index) => {
    const result = results[index];
    const isWord = result?.ok === true && result.value.length === 2 + WORD_CHARS;
    return { token_address, amount: isWord ? BigInt(result.value) : 0n };
  });
}

/**
 * What of the coin of an address can be moved; undefined while fees are above what may be offered.
 *
 * @throws RpcTransportError
 */
export async function coinHolding(way: Way, deadline: Deadline): Promise<Holding | undefined> {
  const { client, chain, from, to, policy } = way;
  const capWei = feeCapWei(policy, intentCapWei(chain));
  const [{ balanceWei }, quoteFor] = await Promise.all([
    client.account(from, deadline),
    askFees(client, chain, deadline),
  ]);
  if (balanceWei === 0n) return { token_address: null, amount: 0n };
  const quote = quoteFor('standard', capWei);
  if (!quote.ok) return undefined;
  const [gas] = await client.estimateGas([{ from, to, data: '0x' }], deadline);
  if (gas?.ok !== true) return undefined;
  return {
    token_address: null,
    amount: movableWei(balanceWei, withMargin(gas.value), quote.fees.maxFeePerGas, capWei),
  };
}

/** What the lane gives a transaction is at most a fifth above its estimate. */
export function withMargin(gas: bigint): bigint {
  return (gas * 12n + 9n) / 10n;
}

/** The tokens of a chain that a policy limits: which its owner has thought of. */
export function limitedTokens(policy: PolicyRules | undefined, chainId: number): readonly string[] {
  const limits = [...(policy?.max_value_per_transaction ?? []), ...(policy?.max_value_per_day ?? [])];
  return limits.flatMap(({ chain_id, token_address }) =>
    chain_id === chainId && token_address !== null ? [token_address] : [],
  );
}

/** The calldata that moves tokens (ERC-20, https://eips.ethereum.org/EIPS/eip-20). */
export function transferCall(to: string, amount: bigint): string {
  return `${TRANSFER}${word(to)}${amount.toString(16).padStart(WORD_CHARS, '0')}`;
}

function word(address: string): string {
  return address.slice(2).toLowerCase().padStart(WORD_CHARS, '0');
}
