import type { Deadline } from '../deadline.ts';
import type { JsonRpc, RpcCall, RpcOutcome } from './json-rpc.ts';
import { bigintQuantity, toQuantity } from './quantities.ts';

/** Of whom, of what and as of when a balance is asked. */
export interface BalanceQuestion {
  readonly address: string;
  /** Null: the chain's own coin. */
  readonly tokenAddress: string | null;
  readonly blockNumber: number;
}

/** `balanceOf(address)` (https://eips.ethereum.org/EIPS/eip-20). */
const BALANCE_OF = '0x70a08231';
const WORD_DIGITS = 64;

/** The call that asks for a balance. */
export function balanceCall({ address, tokenAddress, blockNumber }: BalanceQuestion): RpcCall {
  const block = toQuantity(blockNumber);
  if (tokenAddress === null) return { method: 'eth_getBalance', params: [address, block] };
  const data = `${BALANCE_OF}${address.slice(2).toLowerCase().padStart(WORD_DIGITS, '0')}`;
  return { method: 'eth_call', params: [{ to: tokenAddress, data }, block] };
}

/** A balance in base units; undefined: the node has let go of the state, or the contract says nothing. */
export function balanceOf(outcome: RpcOutcome | undefined): bigint | undefined {
  return outcome?.ok === true ? bigintQuantity.safeParse(outcome.result).data : undefined;
}

/**
 * Balances as of blocks, in one request, in base units; undefined where the node has let go of the state: most keep the last 128 blocks.
 *
 * @param questions at most 90
 * @throws RpcTransportError
 */
export async function readBalances(
  rpc: JsonRpc,
  questions: readonly BalanceQuestion[],
  deadline: Deadline,
): Promise<readonly (bigint | undefined)[]> {
  return rpc.ask(
    questions.map(balanceCall),
    (outcomes) => questions.map((_, index) => balanceOf(outcomes[index])),
    deadline,
  );
}
