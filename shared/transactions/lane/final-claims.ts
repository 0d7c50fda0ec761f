import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import type { Receipt } from '#shared/platform/chain/receipt.ts';
import { MAX_SECOND_QUESTIONS, type SecondQuestion } from '#shared/platform/chain/second-look.ts';
import type { Transaction } from '../transaction.ts';
import { type ChainView, deepUseOf, finalReceiptOf } from './chain-view.ts';
import type { LaneSnapshot } from './lane-action.ts';
import { judgeGap, ownNextNonce } from './nonces.ts';
import {
  type Agreement,
  agreesOnFree,
  agreesOnReceipt,
  agreesOnUse,
  agreesOnUsed,
  type ForeignUse,
  type GivenOpinion,
  voicesOf,
} from './second-opinion.ts';

/** What would become final, or be acted on as if it were, by the word of the endpoint that gave a view. */
export interface FinalClaims {
  readonly receipts: readonly { readonly transaction: Transaction; readonly receipt: Receipt }[];
  readonly uses: readonly ForeignUse[];
  /** Whether the chain has used nonces that the lane never gave. */
  readonly isPassedBy: boolean;
  /** The lowest nonce that is proven to be free again. */
  readonly free: { readonly nonce: number; readonly provenAtBlock: number } | undefined;
}

/** What a look claims; undefined: nothing that needs a second opinion. Pure. */
export function finalClaims(
  { lane, inFlight }: LaneSnapshot,
  view: ChainView,
  { required_confirmations }: Pick<ChainConfig, 'required_confirmations'>,
): FinalClaims | undefined {
  const receipts = inFlight.flatMap((transaction) => {
    const receipt = finalReceiptOf(transaction, view);
    return receipt === undefined ? [] : [{ transaction, receipt }];
  });
  const uses = inFlight.flatMap((transaction) => deepUseOf(transaction, view) ?? []);
  const isPassedBy = view.latestCount > ownNextNonce(lane);
  const verdict = judgeGap(lane, view, required_confirmations);
  const [nonce] = verdict.kind === 'proven' ? verdict.holes : [];
  const free =
    verdict.kind === 'proven' && nonce !== undefined ? { nonce, provenAtBlock: verdict.provenAtBlock } : undefined;
  if (receipts.length + uses.length === 0 && !isPassedBy && free === undefined) return undefined;
  return { receipts, uses, isPassedBy, free };
}

/** What to ask another endpoint about claims: as much as one request takes; the rest is asked in the next look. */
export function questionOf(address: string, { receipts, uses }: FinalClaims): SecondQuestion {
  const transactions = uses.flatMap(({ use }) => use.hash ?? []).slice(0, MAX_SECOND_QUESTIONS);
  const hashes = receipts.map(({ receipt }) => receipt.transactionHash);
  return { address, transactions, receipts: hashes.slice(0, MAX_SECOND_QUESTIONS - transactions.length) };
}

/** A claim, in words of the log, and whether others agree with it. */
export interface JudgedClaim {
  readonly claim: 'receipt' | 'foreign use' | 'used nonces' | 'free nonce';
  /** The transaction's id, or the nonce: what is 32 bytes long is left out of logs. */
  readonly of: string;
  readonly agreement: Agreement;
}

/** Holds claims against what others say of their view, each by the rule that also decides. Pure. */
export function judgeClaims(
  { receipts, uses, isPassedBy, free }: FinalClaims,
  { second, latestCount, head }: Pick<ChainView, 'second' | 'latestCount' | 'head'>,
): readonly JudgedClaim[] {
  const judged: JudgedClaim[] = [];
  for (const { transaction, receipt } of receipts) {
    const agreement = agreesOnReceipt(second, receipt, transaction.required_confirmations);
    judged.push({ claim: 'receipt', of: transaction.id, agreement });
  }
  for (const use of uses) {
    judged.push({ claim: 'foreign use', of: String(use.nonce), agreement: agreesOnUse(second, use) });
  }
  if (isPassedBy) {
    const agreement = agreesOnUsed(second, latestCount, head.number);
    judged.push({ claim: 'used nonces', of: String(latestCount - 1), agreement });
  }
  if (free !== undefined) {
    const agreement = agreesOnFree(second, free.nonce, free.provenAtBlock);
    judged.push({ claim: 'free nonce', of: String(free.nonce), agreement });
  }
  return judged;
}

/** Claims as one endpoint judges them by what it has, whatever another says. Pure. */
export function judgedBy(
  { third: _third, ...voice }: GivenOpinion,
  claims: FinalClaims,
  view: ChainView,
): readonly JudgedClaim[] {
  return judgeClaims(claims, { ...view, second: { ...voice, mayGoAlone: false } });
}

/** Who contradicts claims that nobody bears out. Pure. */
export function contradicted(claims: FinalClaims, view: ChainView): readonly GivenOpinion[] {
  const judged = judgeClaims(claims, view);
  return voicesOf(view.second).filter((voice) =>
    judgedBy(voice, claims, view).some(
      ({ agreement }, index) => agreement === 'disagrees' && judged[index]?.agreement === 'disagrees',
    ),
  );
}
