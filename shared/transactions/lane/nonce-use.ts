import type { BlockHead, ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { Deadline } from '#shared/platform/deadline.ts';

/** Which transaction used a nonce, as far as the node can still tell. */
export interface NonceUse {
  /** null: it was used before the state that the node keeps begins. */
  readonly hash: string | null;
  /** The block that used it, or the oldest one looked at when that was earlier. */
  readonly blockNumber: number;
}

/** Nodes keep the state of 128 blocks (go-ethereum core/blockchain, TriesInMemory); fewer fit one batch with its anchor. */
const WINDOW_BLOCKS = 98;

/**
 * Finds the transaction that used a nonce of an account: the block after which the account's count is past it, then that
 * block's transaction of the account with that nonce. Two requests. Positive evidence, because the absence of receipts
 * proves nothing: nodes answer null now and then for transactions that are mined (OpenZeppelin/openzeppelin-relayer#817).
 *
 * @returns undefined when the node does not show it: the nonce is free in that view, or the node contradicts itself
 * @throws RpcTransportError, ChainMovedError
 */
export async function findNonceUse(
  client: ChainClient,
  account: { readonly address: string; readonly nonce: number },
  head: BlockHead,
  deadline: Deadline,
): Promise<NonceUse | undefined> {
  const anchored = client.at(head);
  const first = Math.max(0, head.number - WINDOW_BLOCKS + 1);
  const numbers = Array.from({ length: head.number - first + 1 }, (_, index) => first + index);
  const counts = await anchored.countsAt(account.address, numbers, deadline);
  const index = counts.findIndex((count) => count !== undefined && count > account.nonce);
  const blockNumber = numbers[index];
  if (blockNumber === undefined) return undefined;
  // The count before is not known, or the nonce was used before: the block itself is out of reach.
  const before = counts[index - 1];
  if (blockNumber > 0 && (before === undefined || before > account.nonce)) return { hash: null, blockNumber };
  const transactions = await anchored.blockTransactions(blockNumber, deadline);
  const use = transactions.find(
    ({ from, nonce }) => nonce === account.nonce && from.toLowerCase() === account.address.toLowerCase(),
  );
  return use === undefined ? undefined : { hash: use.hash, blockNumber };
}
