import type { ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { Transaction } from '../transaction.ts';
import { type ChainView, receiptOf } from './chain-view.ts';
import type { LaneSnapshot } from './lane-action.ts';
import { findNonceUse, type NonceUse } from './nonce-use.ts';

/** Nonces of which nobody can say who used them stay in the lane: those above must be looked at all the same. */
const MAX_LOST_LOOKS = 4;

/** What the chain says about a lane, and what its account has to spend. */
export interface Observation {
  readonly view: ChainView;
  readonly balanceWei: bigint;
  /** The names of the endpoints whose word it is, where there are several: of the count, and of all that was asked later. */
  readonly sources: { readonly count: ReadonlySet<string>; readonly facts: ReadonlySet<string> };
}

/**
 * Looks at the chain: one request for head, count and balance; receipts over all hashes only for nonces below the
 * count; then the canonical hashes of the blocks that those receipts name, so that depth is counted along the chain.
 * Only when a nonce is used and none of its hashes has a receipt, it asks who used it. The later answers count only from
 * a node that has the same head, so that all of the view is of one chain.
 *
 * @throws ChainMovedError, RpcTransportError
 */
export async function observe(client: ChainClient, snapshot: LaneSnapshot, deadline: Deadline): Promise<Observation> {
  const { address } = snapshot.lane;
  const sources = { count: new Set<string>(), facts: new Set<string>() };
  const { head, latestCount, balanceWei } = await client.noting(sources.count).account(address, deadline);
  const second = { kind: 'unasked' } as const;
  const used = snapshot.inFlight.filter(({ nonce }) => nonce !== null && nonce < latestCount);
  const hashes = used.flatMap(({ attempts }) => attempts.map((attempt) => attempt.hash));
  if (hashes.length === 0) {
    const nothing = { receipts: new Map(), canonicalHashes: new Map(), uses: new Map() };
    return { view: { head, latestCount, ...nothing, second }, balanceWei, sources };
  }
  const later = client.noting(sources.facts);
  const anchored = later.at(head);
  const receipts = await anchored.receipts(hashes, deadline);
  const numbers = [...new Set([...receipts.values()].map((receipt) => receipt.blockNumber))];
  // Whose word these are doesn't matter: a second look compares the hashes itself, and who gave only them can still be asked.
  const canonicalHashes = await client.at(head).blockHashes(numbers, deadline);
  const seen = { head, latestCount, receipts, canonicalHashes };
  const lost = used.filter((transaction) => isLost(transaction, seen)).slice(0, MAX_LOST_LOOKS);
  const uses = await usesOf(later, address, lost, seen, deadline);
  return { view: { ...seen, uses, second }, balanceWei, sources };
}

/** Its nonce is used, and by none of its own hashes as far as receipts tell. */
function isLost(transaction: Transaction, view: Pick<ChainView, 'receipts' | 'canonicalHashes'>): boolean {
  return transaction.status !== 'mined' && receiptOf(transaction, view) === undefined;
}

/** Who used the nonces of lost transactions, up to the lowest that can be named: that one is acted on first. */
async function usesOf(
  client: ChainClient,
  address: string,
  lost: readonly Transaction[],
  { head }: Pick<ChainView, 'head'>,
  deadline: Deadline,
): Promise<ReadonlyMap<number, NonceUse>> {
  const uses = new Map<number, NonceUse>();
  for (const { nonce, attempts } of lost) {
    if (nonce === null) continue;
    const blocks = attempts.filter((attempt) => attempt.nonce === nonce).map((attempt) => attempt.signed_at_block);
    const use = await findNonceUse(client, { address, nonce }, Math.min(...blocks), head, deadline);
    if (use !== undefined) uses.set(nonce, use);
    if (use?.hash !== null) break;
  }
  return uses;
}
