import * as z from 'zod';
import { assetKey } from '#shared/custody/policy/asset.ts';
import type { PolicyRules } from '#shared/custody/policy/policy.ts';
import type { LaneKey } from './lane.ts';

/** That a wallet has too little of a chain's own coin: while it is so, and afterwards how it was. Amounts in wei. */
export const lowBalanceSchema = z.object({
  wallet_id: z.string(),
  chain_id: z.number().int(),
  address: z.string(),
  state: z.enum(['open', 'resolved']),
  balance_wei: z.string(),
  /** The policy's threshold; null: it has none, a transaction lacks money. */
  threshold_wei: z.string().nullable(),
  /** The first transaction that waits for funds, and what it lacks as far as that is known. */
  transaction_id: z.string().nullable(),
  missing_wei: z.string().nullable(),
  /** ISO 8601, UTC. */
  opened_at: z.string(),
  /** ISO 8601, UTC. */
  resolved_at: z.string().nullable(),
  /** When the balance and what is missing were seen, both by one look. ISO 8601, UTC; null: never together. */
  seen_at: z.string().nullable().default(null),
  version: z.number().int().positive(),
});

/** That a wallet has too little of a chain's own coin. */
export type LowBalance = z.output<typeof lowBalanceSchema>;

/** A transaction that waits for funds. */
export interface Shortfall {
  readonly transactionId: string;
  /** null: the node said that there is too little, and not how much. */
  readonly missingWei: string | null;
}

/** What is known of a wallet's balance after a look at its lane. */
export interface BalanceLook {
  readonly lane: LaneKey & { readonly wallet_id: string };
  readonly balanceWei: bigint;
  /** null: nothing waits for funds; undefined: this look did not try to send. */
  readonly shortfall: Shortfall | null | undefined;
}

/** The condition of a wallet on a chain. */
export function lowBalanceKey({ wallet_id, chain_id }: { readonly wallet_id: string; readonly chain_id: number }) {
  return { pk: `BALANCE#${wallet_id}`, sk: `LOW_BALANCE#${chain_id}` };
}

/** The partition of gsi1 that lists open conditions, for who alerts. */
export const OPEN_LOW_BALANCES = 'LOW_BALANCES';

/** The item of a condition: in the index while it is open. */
export function lowBalanceItem(condition: LowBalance) {
  const open = { gsi1pk: OPEN_LOW_BALANCES, gsi1sk: `${condition.wallet_id}#${condition.chain_id}` };
  return { ...lowBalanceKey(condition), ...condition, ...(condition.state === 'open' ? open : {}) };
}

/** Top-ups are decided by the amounts of a condition: where there are any, it says them anew this often while it is open. */
const SEEN_EVERY_MS = 60_000;

/**
 * What to store of a wallet's balance; undefined: nothing changed. A condition opens when the balance is below the
 * policy's threshold or a transaction waits for funds, says anew which one when that changes, and is resolved when
 * neither is so any more. Amounts alone that move are no change: a look every ten seconds shall not be a write. But of a
 * wallet that is topped up they are said anew each minute.
 *
 * @param before the condition as it is stored
 * @param at ISO 8601, UTC
 */
export function nextLowBalance(
  before: LowBalance | undefined,
  policy: PolicyRules | undefined,
  { lane, balanceWei, shortfall }: BalanceLook,
  at: string,
): LowBalance | undefined {
  const isOpen = before?.state === 'open';
  const known = isOpen && before.transaction_id !== null ? before : undefined;
  const waiting = shortfall === undefined ? known?.transaction_id : shortfall?.transactionId;
  const missing = shortfall === undefined ? known?.missing_wei : shortfall?.missingWei;
  const threshold = thresholdOf(policy, lane.chain_id);
  const isLow = waiting !== undefined || (threshold !== undefined && balanceWei < BigInt(threshold));
  if (!isLow && !isOpen) return undefined;
  // What was missing is that of an earlier look when this one did not try to send.
  const isOneLook = shortfall !== undefined || known === undefined;
  const isSaid = before?.transaction_id === (waiting ?? null) && before.threshold_wei === (threshold ?? null);
  const isDue = isOneLook && isOpen && isToppedUp(policy, lane.chain_id) && isOlder(before.seen_at, at);
  if (isOpen && isLow && isSaid && !isDue) return undefined;
  return {
    wallet_id: lane.wallet_id,
    chain_id: lane.chain_id,
    address: lane.address,
    state: isLow ? 'open' : 'resolved',
    balance_wei: balanceWei.toString(),
    threshold_wei: threshold ?? null,
    transaction_id: waiting ?? null,
    missing_wei: missing ?? null,
    opened_at: isOpen ? before.opened_at : at,
    resolved_at: isLow ? null : at,
    seen_at: isOneLook ? at : (before?.seen_at ?? null),
    version: (before?.version ?? 0) + 1,
  };
}

function isToppedUp(policy: PolicyRules | undefined, chainId: number): boolean {
  return policy?.balance.top_up.some(({ chain_id }) => chain_id === chainId) === true;
}

function isOlder(seenAt: string | null, at: string): boolean {
  return seenAt === null || Date.parse(at) - Date.parse(seenAt) >= SEEN_EVERY_MS;
}

function thresholdOf(policy: PolicyRules | undefined, chainId: number): string | undefined {
  const own = assetKey({ chain_id: chainId, token_address: null });
  return policy?.balance.low.find((limit) => assetKey(limit) === own)?.amount;
}
