import type { BlockHead, ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { Deadline } from '#shared/platform/deadline.ts';

/** Which transaction used a nonce, as far as the node can still tell. */
export interface NonceUse {
  /** null: it can't be told; the node keeps no state that is old enough, or no transaction of the account used it. */
  readonly hash: string | null;
  /** The block that used it, or the oldest one looked at when that was earlier. */
  readonly blockNumber: number;
}

/** Looks per request; with the anchor they fit a batch of 100. */
const PROBES = 98;
/** After a reorganisation the use may be in a block below the one that was the head when it was signed for. */
const REORG_MARGIN_BLOCKS = 64;
/** Rounds of looking: 98 * 98 * 98 blocks are four months of 12 seconds each. */
const MAX_ROUNDS = 3;

/**
 * Finds the transaction that used a nonce of an account: the block after which the account's count is past it, then that
 * block's transaction of the account with that nonce. Positive evidence, because the absence of receipts proves nothing:
 * nodes answer null now and then for transactions that are mined (OpenZeppelin/openzeppelin-relayer#817).
 *
 * @param fromBlock a block in which the nonce was free: that at which it was first signed for
 * @returns undefined when the node does not show it: the nonce is free in that view
 * @throws RpcTransportError, ChainMovedError
 */
export async function findNonceUse(
  client: ChainClient,
  account: { readonly address: string; readonly nonce: number },
  fromBlock: number,
  head: BlockHead,
  deadline: Deadline,
): Promise<NonceUse | undefined> {
  const anchored = client.at(head);
  let low = Math.max(0, Math.min(fromBlock - REORG_MARGIN_BLOCKS, head.number - 1));
  let high = head.number;
  for (let round = 0; round < MAX_ROUNDS && high - low > 1; round += 1) {
    const numbers = spread(low, high);
    const counts = await anchored.countsAt(account.address, numbers, deadline);
    const index = counts.findIndex((count) => count !== undefined && count > account.nonce);
    const found = numbers[index];
    if (found === undefined) return undefined;
    const before = numbers[index - 1] ?? low;
    // Nodes keep the state of 128 blocks, archive nodes all of it: what came before is out of reach.
    if (index > 0 && counts[index - 1] === undefined) return { hash: null, blockNumber: found };
    [low, high] = [before, found];
  }
  if (high - low > 1) return { hash: null, blockNumber: high };
  const transactions = await anchored.blockTransactions(high, deadline);
  const use = transactions.find(
    ({ from, nonce }) => nonce === account.nonce && from.toLowerCase() === account.address.toLowerCase(),
  );
  // None of its transactions: an authorization (EIP-7702) uses a nonce, too, in somebody else's.
  return { hash: use?.hash ?? null, blockNumber: high };
}

/** Block numbers above `low`, evenly apart, `high` the last of them. */
function spread(low: number, high: number): readonly number[] {
  const count = Math.min(PROBES, high - low);
  return Array.from({ length: count }, (_, index) => low + Math.round(((index + 1) * (high - low)) / count));
}
