import type { Receipt } from '#shared/platform/chain/receipt.ts';
import type { SecondLook } from '#shared/platform/chain/second-look.ts';
import type { Transaction } from '../transaction.ts';
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
  | { readonly kind: 'unusable'; readonly mayGoAlone: boolean }
  | GivenOpinion;

/** What another endpoint says, and a third one where that left doubts. */
export interface GivenOpinion {
  readonly kind: 'given';
  /** Whose it is. */
  readonly endpoint: string;
  readonly look: SecondLook;
  /** Hashes that it was asked about. */
  readonly asked: ReadonlySet<string>;
  /** Whether its head is so old that it stands still, or its chain does. */
  readonly standsStill: boolean;
  /** Whether its head is further behind the view's than an endpoint may be: it may follow another chain, or the view a made-up one. */
  readonly lags: boolean;
  /** Whether the word of the view alone is enough where none of the others has a say. */
  readonly mayGoAlone: boolean;
  /** What a third one says, which was asked because this one contradicts the view, or is too far behind to tell. */
  readonly third?: GivenOpinion;
}

/** Whether another endpoint agrees. `waits`: it can't tell yet, or nobody else could be asked. */
export type Agreement = 'agrees' | 'waits' | 'disagrees';

/**
 * Where there is nobody to ask, a stranger's transaction must be so many times as deep as others: to give up a nonce by
 * mistake executes a transaction twice, and what one endpoint is mistaken about (a fork it stayed on, a state it lost)
 * mostly passes within that time.
 */
export const LONE_WITNESS_FACTOR = 2;

/** What one endpoint says of a claim. `behind`: its head is not yet where it could tell. */
type Word = Agreement | 'behind';

/** Who has something to say. */
export function voicesOf(opinion: SecondOpinion): readonly GivenOpinion[] {
  if (opinion.kind !== 'given') return [];
  return opinion.third === undefined ? [opinion] : [opinion, opinion.third];
}

/**
 * What the others come to. The view and one that has the same are two, whatever another says; one that contradicts is
 * enough where nobody has.
 */
function among(opinion: SecondOpinion, wordOf: (voice: GivenOpinion) => Word): Agreement {
  if (opinion.kind === 'unusable') return byOneAlone(opinion);
  if (opinion.kind !== 'given') return 'waits';
  const words = voicesOf(opinion).map((voice) => ({ voice, word: wordOf(voice) }));
  const isSaid = (said: Word) => words.some(({ word }) => word === said);
  if (isSaid('agrees')) return 'agrees';
  if (isSaid('disagrees')) return 'disagrees';
  return words.every(({ voice, word }) => word === 'behind' && voice.standsStill) ? byOneAlone(opinion) : 'waits';
}

/**
 * What the others have no say in. An endpoint that is needed to be sure must not stop a chain's lanes when it is away; but
 * an answer that got lost is no absence, and who contradicts and then goes away has not agreed.
 */
function byOneAlone({ mayGoAlone }: { readonly mayGoAlone: boolean }): Agreement {
  return mayGoAlone ? 'agrees' : 'waits';
}

/** Whether a receipt of ours may be final. */
export function agreesOnReceipt(opinion: SecondOpinion, receipt: Receipt, requiredConfirmations: number): Agreement {
  if (opinion.kind === 'only') return 'agrees';
  return among(opinion, ({ asked, look }) => {
    if (!asked.has(receipt.transactionHash)) return 'waits';
    const seen = look.receipts.get(receipt.transactionHash);
    const isDeep = look.head.number - receipt.blockNumber + 1 >= requiredConfirmations;
    if (seen === undefined) return isDeep ? 'disagrees' : 'behind';
    if (!isSame(seen, receipt)) return 'disagrees';
    return isDeep ? 'agrees' : 'behind';
  });
}

/** Whether two endpoints tell the same of a transaction, what it cost included: daily limits count that. */
function isSame(seen: Receipt, receipt: Receipt): boolean {
  const samePrice =
    seen.effectiveGasPriceWei === undefined ||
    receipt.effectiveGasPriceWei === undefined ||
    seen.effectiveGasPriceWei === receipt.effectiveGasPriceWei;
  return (
    samePrice &&
    seen.blockNumber === receipt.blockNumber &&
    seen.blockHash === receipt.blockHash &&
    seen.succeeded === receipt.succeeded &&
    seen.gasUsed === receipt.gasUsed
  );
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
  if (opinion.kind !== 'given') return 'waits';
  const { hash, blockNumber } = use;
  return among(opinion, ({ asked, look: { head, transactions } }) => {
    if (!asked.has(hash)) return 'waits';
    const seen = transactions.get(hash);
    const isDeep = head.number - blockNumber + 1 >= requiredConfirmations;
    if (seen === undefined || seen.blockNumber === null) return isDeep ? 'disagrees' : 'waits';
    const isSame =
      seen.from.toLowerCase() === address.toLowerCase() && seen.nonce === nonce && seen.blockNumber === blockNumber;
    if (!isSame) return 'disagrees';
    return isDeep ? 'agrees' : 'waits';
  });
}

/**
 * Whether the chain has used nonces that the lane never gave. One that is believed by mistake has transactions signed for
 * nonces far above, which wait for ever, or for no-ops with all nonces between.
 */
export function agreesOnUsed(opinion: SecondOpinion, latestCount: number, headNumber: number): Agreement {
  if (opinion.kind === 'only') return 'agrees';
  return among(opinion, ({ look }) => {
    if (look.latestCount >= latestCount) return 'agrees';
    return look.head.number >= headNumber ? 'disagrees' : 'behind';
  });
}

/**
 * Whether a nonce below others that were given is free.
 *
 * @param provenAtBlock the block at which the gap counts as proven
 */
export function agreesOnFree(opinion: SecondOpinion, nonce: number, provenAtBlock: number): Agreement {
  if (opinion.kind === 'only') return 'agrees';
  return among(opinion, ({ look }) => {
    if (look.latestCount > nonce) return 'disagrees';
    return look.head.number >= provenAtBlock ? 'agrees' : 'behind';
  });
}

/** A transaction that a view has in no block, although it should have by now: nothing would ever become final by such a view. */
export interface Overdue {
  readonly transaction: Transaction;
  readonly nonce: number;
  /** Whether nodes call its nonce used since a while ago. */
  readonly isSaidUsed: boolean;
  /** Whose word it is: the count's that calls its nonce free, or that of the facts, which have none of its receipts. */
  readonly restsOn: 'count' | 'facts';
}

/**
 * Whether a transaction that should be in a block by now is in none. Another endpoint that has it as deep as is required,
 * in blocks that the view should have as well, contradicts; one that has it in newer ones is only a moment ahead.
 */
export function agreesOnOverdue(
  opinion: SecondOpinion,
  { transaction, nonce, isSaidUsed, restsOn }: Overdue,
  { head }: { readonly head: { readonly number: number } },
): Agreement {
  if (opinion.kind === 'only') return 'agrees';
  return among(opinion, ({ look, asked }) => {
    const common = Math.min(look.head.number, head.number);
    const [seen] = transaction.attempts.flatMap(({ hash }) => look.receipts.get(hash) ?? []);
    if (seen !== undefined) {
      return common - seen.blockNumber + 1 >= transaction.required_confirmations ? 'disagrees' : 'waits';
    }
    if (restsOn === 'count' && look.latestCount > nonce) {
      return isSaidUsed || look.head.number <= head.number ? 'disagrees' : 'waits';
    }
    // More than one request takes: it says nothing of those that it was not asked about.
    if (!transaction.attempts.every(({ hash }) => asked.has(hash))) return 'waits';
    return look.head.number >= head.number ? 'agrees' : 'behind';
  });
}

/** Whether others were to be asked, and none of them has a say. */
export function hasNoSay(opinion: SecondOpinion): boolean {
  if (opinion.kind === 'given') return voicesOf(opinion).every(({ standsStill }) => standsStill);
  return opinion.kind === 'unusable' || opinion.kind === 'involved';
}

/** Whether nobody can be expected to tell soon: none has a say, or who has one is too far behind to ever agree. */
export function nobodyCanTell(opinion: SecondOpinion): boolean {
  if (opinion.kind !== 'given') return hasNoSay(opinion);
  return voicesOf(opinion).every(({ standsStill, lags }) => standsStill || lags);
}

/**
 * Whether what rests on a claim has to say that it waits for its lane. What others only have not reached yet needs no word.
 *
 * @param agreement on that claim; undefined: there is none
 */
export function holdsUp(agreement: Agreement | undefined, opinion: SecondOpinion): boolean {
  return agreement === 'disagrees' || (agreement === 'waits' && nobodyCanTell(opinion));
}
