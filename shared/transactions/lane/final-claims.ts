import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import type { Receipt } from '#shared/platform/chain/receipt.ts';
import { MAX_SECOND_QUESTIONS, type SecondQuestion } from '#shared/platform/chain/second-look.ts';
import type { Transaction } from '../transaction.ts';
import { type ChainView, deepUseOf, finalReceiptOf } from './chain-view.ts';
import type { LaneSnapshot } from './lane-action.ts';
import { judgeGap, ownNextNonce } from './nonces.ts';
import { overdueOf } from './overdue.ts';
import {
  type Agreement,
  agreesOnFree,
  agreesOnOverdue,
  agreesOnReceipt,
  agreesOnUse,
  agreesOnUsed,
  type ForeignUse,
  type GivenOpinion,
  type Overdue,
} from './second-opinion.ts';

/** What would become final, or be acted on as if it were, by the word of the endpoint that gave a view. */
export interface FinalClaims {
  readonly receipts: readonly { readonly transaction: Transaction; readonly receipt: Receipt }[];
  readonly uses: readonly ForeignUse[];
  /** Whether the chain has used nonces that the lane never gave. */
  readonly isPassedBy: boolean;
  /** The lowest nonce that is proven to be free again. */
  readonly free: { readonly nonce: number; readonly provenAtBlock: number } | undefined;
  /** What the view should have in a block, and has in none. */
  readonly overdue: readonly Overdue[];
}

/**
 * What a look claims; undefined: nothing that needs a second opinion. Pure.
 *
 * @param nowMs milliseconds since the Unix epoch
 */
export function finalClaims(
  { lane, inFlight }: LaneSnapshot,
  view: ChainView,
  chain: Pick<ChainConfig, 'required_confirmations' | 'block_time_ms' | 'rpc_max_head_lag_blocks'>,
  nowMs: number,
): FinalClaims | undefined {
  const receipts = inFlight.flatMap((transaction) => {
    const receipt = finalReceiptOf(transaction, view);
    return receipt === undefined ? [] : [{ transaction, receipt }];
  });
  const uses = inFlight.flatMap((transaction) => deepUseOf(transaction, view) ?? []);
  const isPassedBy = view.latestCount > ownNextNonce(lane);
  const verdict = judgeGap(lane, view, chain.required_confirmations);
  const [nonce] = verdict.kind === 'proven' ? verdict.holes : [];
  const free =
    verdict.kind === 'proven' && nonce !== undefined ? { nonce, provenAtBlock: verdict.provenAtBlock } : undefined;
  const overdue = inFlight.flatMap((transaction) => overdueOf(transaction, view, chain, nowMs) ?? []);
  if (receipts.length + uses.length + overdue.length === 0 && !isPassedBy && free === undefined) return undefined;
  return { receipts, uses, isPassedBy, free, overdue };
}

/** What to ask another endpoint about claims: as much as one request takes; the rest is asked in the next look. */
export function questionOf(address: string, { receipts, uses, overdue }: FinalClaims): SecondQuestion {
  const transactions = uses.flatMap(({ use }) => use.hash ?? []).slice(0, MAX_SECOND_QUESTIONS);
  const missing = overdue.flatMap(({ transaction }) => transaction.attempts.map(({ hash }) => hash));
  const hashes = [...receipts.map(({ receipt }) => receipt.transactionHash), ...missing];
  return { address, transactions, receipts: hashes.slice(0, MAX_SECOND_QUESTIONS - transactions.length) };
}

/** A claim, and whether others agree with it. */
export interface JudgedClaim {
  readonly claim: 'receipt' | 'foreign use' | 'used nonces' | 'free nonce' | 'in no block';
  /** The transaction's id, or the nonce: what is 32 bytes long is left out of logs. */
  readonly of: string;
  /** Whose word it is: the count's, or that of what was asked after it. */
  readonly restsOn: 'count' | 'facts';
  readonly agreement: Agreement;
}

/** A claim in words of the log. */
export function inWords({ claim, of }: JudgedClaim): string {
  return `${claim} ${of}`;
}

/** Holds claims against what others say of their view, each by the rule that also decides. Pure. */
export function judgeClaims(
  { receipts, uses, isPassedBy, free, overdue }: FinalClaims,
  view: ChainView,
): readonly JudgedClaim[] {
  const { second, latestCount, head } = view;
  const judged: JudgedClaim[] = [];
  for (const { transaction, receipt } of receipts) {
    const agreement = agreesOnReceipt(second, receipt, transaction.required_confirmations);
    judged.push({ claim: 'receipt', of: transaction.id, restsOn: 'facts', agreement });
  }
  for (const use of uses) {
    const agreement = agreesOnUse(second, use);
    judged.push({ claim: 'foreign use', of: String(use.nonce), restsOn: 'facts', agreement });
  }
  if (isPassedBy) {
    const agreement = agreesOnUsed(second, latestCount, head.number);
    judged.push({ claim: 'used nonces', of: String(latestCount - 1), restsOn: 'count', agreement });
  }
  if (free !== undefined) {
    const agreement = agreesOnFree(second, free.nonce, free.provenAtBlock);
    judged.push({ claim: 'free nonce', of: String(free.nonce), restsOn: 'count', agreement });
  }
  for (const one of overdue) {
    const agreement = agreesOnOverdue(second, one, view);
    judged.push({ claim: 'in no block', of: one.transaction.id, restsOn: one.restsOn, agreement });
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
