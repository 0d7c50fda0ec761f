import type { ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { ChainView, LaneSnapshot } from './decide.ts';

/** What the chain says about a lane, and what its account has to spend. */
export interface Observation {
  readonly view: ChainView;
  readonly balanceWei: bigint;
}

/**
 * Looks at the chain: one request for head, count and balance; receipts over all hashes only for nonces below the
 * count; then the canonical hashes of the blocks that those receipts name, so that depth is counted along the chain.
 * The later answers count only from a node that has the same head, so that all of the view is of one chain.
 *
 * @throws ChainMovedError, RpcTransportError
 */
export async function observe(client: ChainClient, snapshot: LaneSnapshot, deadline: Deadline): Promise<Observation> {
  const { head, latestCount, balanceWei } = await client.account(snapshot.lane.address, deadline);
  const hashes = snapshot.inFlight
    .filter(({ nonce }) => nonce !== null && nonce < latestCount)
    .flatMap(({ attempts }) => attempts.map((attempt) => attempt.hash));
  if (hashes.length === 0) {
    return { view: { head, latestCount, receipts: new Map(), canonicalHashes: new Map() }, balanceWei };
  }
  const anchored = client.at(head);
  const receipts = await anchored.receipts(hashes, deadline);
  const numbers = [...new Set([...receipts.values()].map((receipt) => receipt.blockNumber))];
  const canonicalHashes = await anchored.blockHashes(numbers, deadline);
  return { view: { head, latestCount, receipts, canonicalHashes }, balanceWei };
}
