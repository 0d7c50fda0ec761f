import * as z from 'zod';
import type { TopUpRule } from '#shared/custody/policy/policy.ts';
import type { Wallet } from '#shared/custody/wallet.ts';
import type { LowBalance } from '../lane/low-balance.ts';
import { TOP_UP_REFERENCE_PREFIX } from '../reference-field.ts';
import type { Transaction } from '../transaction.ts';
import { isFinal } from '../transition.ts';

/** The last top-up of a wallet on a chain. */
export const topUpSchema = z.object({
  wallet_id: z.string(),
  chain_id: z.number().int(),
  /** Which need it was for: when the condition was opened. ISO 8601, UTC. */
  opened_at: z.string(),
  /** Counts the tries for that need, from 1. */
  attempt: z.number().int().positive(),
  /** How many of the tries before were signed, and so may have cost a fee, and had no effect; in a row. */
  wasted: z.number().int().nonnegative(),
  transaction_id: z.string(),
  version: z.number().int().positive(),
});

/** The last top-up of a wallet on a chain. */
export type TopUp = z.output<typeof topUpSchema>;

/** The row of a wallet's last top-up on a chain: apart from the condition, so that none of it is a rival of the driver. */
export function topUpKey({ wallet_id, chain_id }: Pick<TopUp, 'wallet_id' | 'chain_id'>) {
  return { pk: `BALANCE#${wallet_id}`, sk: `TOP_UP#${chain_id}` };
}

/** The reference of a try: one transaction at most can have it, whatever else fails. */
export function topUpReference({ wallet_id, chain_id, opened_at, attempt }: TryOfNeed): string {
  return `${TOP_UP_REFERENCE_PREFIX}${wallet_id}:${chain_id}:${opened_at}:${attempt}`;
}

type TryOfNeed = Pick<TopUp, 'wallet_id' | 'chain_id' | 'opened_at' | 'attempt'>;

/**
 * Amounts of an older look are not acted on: the wallet may have got money since. A lane that waits for funds is looked
 * at every ten seconds and says so every minute; an older one is idle, and is looked at with its next transaction.
 */
export const MAX_LOOK_AGE_MS = 60 * 60_000;
/** Tries for one need that may cost a fee each, before a person has to look why they have no effect. */
export const MAX_WASTED = 5;
/** The wait after the first try without effect; it doubles with each. */
export const FIRST_WAIT_MS = 60_000;
/** The longest wait: a treasury that was empty for a day fills its wallets within this time. */
export const MAX_WAIT_MS = 32 * 60_000;
/**
 * A top-up that can't be sent in this time, because its treasury lacks money itself, is given up and asked for anew: the
 * wallet may need it no more, or need something else.
 */
export const TOP_UP_VALID_MS = 30 * 60_000;

/** What is known of a wallet that runs low and may be topped up. */
export interface TopUpSituation {
  readonly condition: LowBalance;
  readonly rule: TopUpRule;
  /** Where the wallet that runs low stands. */
  readonly status: Wallet['status'];
  /** undefined: there has never been one. */
  readonly last: TopUp | undefined;
  /** Whether the transaction that the condition names has not ended since; false also when it names none. */
  readonly stillWaits: boolean;
  /** The transaction of the last one, or what it was retried by in the end. */
  readonly transaction: Transaction | undefined;
}

/** What to do about a wallet that runs low. */
export type TopUpDecision =
  | { readonly kind: 'send'; readonly valueWei: bigint; readonly attempt: number; readonly wasted: number }
  /** `revoked`: nobody could send it on; `stale`: nobody has looked; `covered`: it has enough; `under_way`, `waiting`: of the last one; `cancelled`: by a person. */
  | {
      readonly kind: 'none';
      readonly why: 'resolved' | 'revoked' | 'stale' | 'covered' | 'under_way' | 'waiting' | 'cancelled';
    }
  | { readonly kind: 'given_up' };

/**
 * Whether a wallet is topped up now, and with how much. At most one is under way; the next is decided by amounts that were
 * seen after the last one arrived. One without effect is tried again: later each time, never past a person who
 * cancelled it, and not for ever when each try costs a fee. Pure.
 */
export function nextTopUp(situation: TopUpSituation, nowMs: number): TopUpDecision {
  const { condition, last, transaction } = situation;
  if (condition.state !== 'open') return none('resolved');
  if (situation.status === 'revoked') return none('revoked');
  if (condition.seen_at === null || nowMs - Date.parse(condition.seen_at) > MAX_LOOK_AGE_MS) return none('stale');
  const valueWei = neededWei(situation);
  if (valueWei <= 0n) return none('covered');
  if (last === undefined || transaction === undefined) return { kind: 'send', valueWei, attempt: 1, wasted: 0 };
  if (!isFinal(transaction.status)) return none('under_way');
  const isSameNeed = last.opened_at === condition.opened_at;
  const attempt = isSameNeed ? last.attempt + 1 : 1;
  if (transaction.status === 'confirmed') {
    if (condition.seen_at <= transaction.updated_at) return none('stale');
    return { kind: 'send', valueWei, attempt, wasted: 0 };
  }
  if (!isSameNeed) return { kind: 'send', valueWei, attempt, wasted: 0 };
  if (transaction.status === 'cancelled') return none('cancelled');
  const wasted = last.wasted + (transaction.attempts.length > 0 ? 1 : 0);
  if (wasted >= MAX_WASTED) return { kind: 'given_up' };
  if (nowMs < Date.parse(transaction.updated_at) + waitMs(last.attempt)) return none('waiting');
  return { kind: 'send', valueWei, attempt, wasted };
}

/**
 * What a transaction lacks counts only while it waits: one that was cancelled needs nothing. A rotated wallet needs no more
 * than that.
 */
function neededWei({ condition, rule, status, stillWaits }: TopUpSituation): bigint {
  const missingWei = stillWaits ? BigInt(condition.missing_wei ?? '0') : 0n;
  if (status === 'rotated') return missingWei;
  const balanceWei = BigInt(condition.balance_wei);
  const isBelow = condition.threshold_wei !== null && balanceWei < BigInt(condition.threshold_wei);
  if (!stillWaits && !isBelow) return 0n;
  const lackWei = BigInt(rule.to) - balanceWei;
  return lackWei > missingWei ? lackWei : missingWei;
}

function none(why: Extract<TopUpDecision, { kind: 'none' }>['why']): TopUpDecision {
  return { kind: 'none', why };
}

function waitMs(attempt: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), MAX_WAIT_MS);
}
