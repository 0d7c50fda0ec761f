import type { Receipt } from '#shared/platform/chain/chain-client.ts';
import type { SecondLook } from '#shared/platform/chain/second-look.ts';
import type { NonceUse } from './nonce-use.ts';

/** What another endpoint says of what would become final by the word of the one that gave the view. */
export type SecondOpinion =
  /** Nobody was asked: nothing becomes final by such a view. */
  | { readonly kind: 'unasked' }
  /** The chain has one endpoint. */
  | { readonly kind: 'only' }
  /** All endpoints had a part in the view. */
  | { readonly kind: 'involved' }
  /** None of the others gives a usable answer now. */
  | { readonly kind: 'unusable' }
  | {
      readonly kind: 'given';
      /** Whose it is. */
      readonly endpoint: string;
      readonly look: SecondLook;
      /** Hashes that it was asked about. */
      readonly asked: ReadonlySet<string>;
      /** Whether its head is so old that it stands still, or its chain does. */
      readonly standsStill: boolean;
    };

/** Whether another endpoint agrees. `waits`: it can't tell yet, or nobody else could be asked. */
export type Agreement = 'agrees' | 'waits' | 'disagrees';

/**
 * Where there is nobody to ask, a stranger's transaction must be so many times as deep as others: to give up a nonce by
 * mistake executes a transaction twice, and what one endpoint is mistaken about (a fork it stayed on, a state it lost)
 * mostly passes within that time.
 */
export const LONE_WITNESS_FACTOR = 2;

/**
 * Whether a receipt of ours may be final. An endpoint that is needed to be sure must not stop a chain's lanes when it is
 * away: one that gives no answer, or stands still behind that block, has no say.
 */
export function agreesOnReceipt(opinion: SecondOpinion, receipt: Receipt, requiredConfirmations: number): Agreement {
  if (opinion.kind === 'only' || opinion.kind === 'unusable') return 'agrees';
  if (opinion.kind !== 'given' || !opinion.asked.has(receipt.transactionHash)) return 'waits';
  const { look, standsStill } = opinion;
  const seen = look.receipts.get(receipt.transactionHash);
  const isDeep = look.head.number - receipt.blockNumber + 1 >= requiredConfirmations;
  if (seen === undefined) return isDeep ? 'disagrees' : behind(standsStill);
  const isSame =
    seen.blockNumber === receipt.blockNumber &&
    seen.blockHash === receipt.blockHash &&
    seen.succeeded === receipt.succeeded;
  if (!isSame) return 'disagrees';
  return isDeep ? 'agrees' : behind(standsStill);
}

function behind(standsStill: boolean): Agreement {
  return standsStill ? 'agrees' : 'waits';
}

/** A nonce that a stranger used, as the view has it. */
export interface ForeignUse {
  readonly address: string;
  readonly nonce: number;
  readonly use: NonceUse;
  /** In the view. */
  readonly confirmations: number;
  readonly requiredConfirmations: number;
}

/**
 * Whether a stranger's transaction may be final. Nobody is let off: what it costs to wait for an endpoint is time, and
 * what a mistake costs is a transaction that is executed twice. Only the account's key can make such a transaction, so
 * another endpoint that has it deep in its chain settles the matter.
 */
export function agreesOnUse(
  opinion: SecondOpinion,
  { address, nonce, use, confirmations, requiredConfirmations }: ForeignUse,
): Agreement {
  if (use.hash === null) return 'waits';
  if (opinion.kind === 'only') {
    return confirmations >= LONE_WITNESS_FACTOR * requiredConfirmations ? 'agrees' : 'waits';
  }
  if (opinion.kind !== 'given' || !opinion.asked.has(use.hash)) return 'waits';
  const { head, transactions } = opinion.look;
  const seen = transactions.get(use.hash);
  const isDeep = head.number - use.blockNumber + 1 >= requiredConfirmations;
  if (seen === undefined || seen.blockNumber === null) return isDeep ? 'disagrees' : 'waits';
  const isSame =
    seen.from.toLowerCase() === address.toLowerCase() && seen.nonce === nonce && seen.blockNumber === use.blockNumber;
  if (!isSame) return 'disagrees';
  return isDeep ? 'agrees' : 'waits';
}

/**
 * Whether the chain has used nonces that the lane never gave. One that is believed by mistake has transactions signed for
 * nonces far above, which wait for ever, or for no-ops with all nonces between.
 */
export function agreesOnUsed(opinion: SecondOpinion, latestCount: number, headNumber: number): Agreement {
  if (opinion.kind === 'only' || opinion.kind === 'unusable') return 'agrees';
  if (opinion.kind !== 'given') return 'waits';
  if (opinion.look.latestCount >= latestCount) return 'agrees';
  return opinion.look.head.number >= headNumber ? 'disagrees' : behind(opinion.standsStill);
}

/**
 * Whether a nonce below others that were given is free.
 *
 * @param provenAtBlock the block at which the gap counts as proven
 */
export function agreesOnFree(opinion: SecondOpinion, nonce: number, provenAtBlock: number): Agreement {
  if (opinion.kind === 'only' || opinion.kind === 'unusable') return 'agrees';
  if (opinion.kind !== 'given') return 'waits';
  if (opinion.look.latestCount > nonce) return 'disagrees';
  return opinion.look.head.number >= provenAtBlock ? 'agrees' : behind(opinion.standsStill);
}
