import type { BlockHead } from '#shared/platform/chain/chain-client.ts';
import type { Receipt } from '#shared/platform/chain/receipt.ts';
import { awaitsBlock, type Transaction } from '../transaction.ts';
import type { NonceUse } from './nonce-use.ts';
import { agreesOnUse, type ForeignUse, type SecondOpinion } from './second-opinion.ts';

/** What the chain says about a lane, all at one head. */
export interface ChainView {
  readonly head: BlockHead;
  /** All nonces below are used in the latest block's state. */
  readonly latestCount: number;
  /** Receipts over all hashes ever signed for the nonces below the count. */
  readonly receipts: ReadonlyMap<string, Receipt>;
  /** Hashes of canonical blocks, for the numbers that the receipts name. */
  readonly canonicalHashes: ReadonlyMap<number, string>;
  /** Who used nonces that are used although none of our hashes has a receipt; looked up for the lowest such one. */
  readonly uses: ReadonlyMap<number, NonceUse>;
  /** What another endpoint says of what would become final. */
  readonly second: SecondOpinion;
}

/** The receipt of whichever of a transaction's hashes is in a canonical block. */
export function receiptOf(
  transaction: Pick<Transaction, 'attempts'>,
  view: Pick<ChainView, 'receipts' | 'canonicalHashes'>,
): Receipt | undefined {
  for (const attempt of transaction.attempts) {
    const receipt = view.receipts.get(attempt.hash);
    // A receipt whose block is not the canonical one at its height is from a fork the node has not let go of yet.
    if (receipt !== undefined && view.canonicalHashes.get(receipt.blockNumber) === receipt.blockHash) return receipt;
  }
  return undefined;
}

/** The receipt of a mined transaction, as soon as it is as deep as is required, in the block in which it was seen before. */
export function finalReceiptOf(transaction: Transaction, view: ChainView): Receipt | undefined {
  const receipt = transaction.status === 'mined' ? receiptOf(transaction, view) : undefined;
  if (receipt === undefined || receipt.blockHash !== transaction.block_hash) return undefined;
  const confirmations = view.head.number - receipt.blockNumber + 1;
  return confirmations >= transaction.required_confirmations ? receipt : undefined;
}

/** What to believe of a nonce that is used although none of its hashes has a receipt. */
export type StrangerVerdict =
  | { readonly kind: 'none' }
  /** Seen, and not final yet. */
  | { readonly kind: 'seen' }
  /** Nobody can tell who it was: nothing is done about it, because it might have been us. */
  | { readonly kind: 'unexplained'; readonly nonce: number }
  /** For good. */
  | { readonly kind: 'final'; readonly use: NonceUse };

/**
 * Whether a stranger's transaction has a transaction's nonce for good. Only then may what was asked for be signed with
 * another nonce: before, a reorganisation could bring back what is signed already; and without the stranger's hash what
 * used the nonce may be our own, whose receipt the node does not have. Either way it would be executed twice. So one
 * endpoint's word is not enough for it, either.
 */
export function judgeStranger(transaction: Transaction, view: ChainView): StrangerVerdict {
  const use = strangersUse(transaction, view);
  if (use === undefined || transaction.nonce === null) return { kind: 'none' };
  if (use.hash === null) return { kind: 'unexplained', nonce: transaction.nonce };
  const deep = deepUseOf(transaction, view);
  return deep !== undefined && agreesOnUse(view.second, deep) === 'agrees' ? { kind: 'final', use } : { kind: 'seen' };
}

/** The stranger's transaction that has a transaction's nonce, as soon as it is as deep as is required. */
export function deepUseOf(transaction: Transaction, view: ChainView): ForeignUse | undefined {
  const use = strangersUse(transaction, view);
  const { nonce, from: address, required_confirmations: requiredConfirmations } = transaction;
  if (use === undefined || use.hash === null || nonce === null) return undefined;
  const confirmations = view.head.number - use.blockNumber + 1;
  return confirmations < requiredConfirmations
    ? undefined
    : { address, nonce, use, confirmations, requiredConfirmations };
}

function strangersUse(transaction: Transaction, view: ChainView): NonceUse | undefined {
  const { nonce } = transaction;
  const isUsed = nonce !== null && nonce < view.latestCount;
  if (!awaitsBlock(transaction) || !isUsed || receiptOf(transaction, view) !== undefined) return undefined;
  const use = view.uses.get(nonce);
  return transaction.attempts.some(({ hash }) => hash === use?.hash) ? undefined : use;
}
