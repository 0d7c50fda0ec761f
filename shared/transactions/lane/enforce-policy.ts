import { feeCapWei, type Violation, violationOf } from '#shared/custody/policy/check-policy.ts';
import type { StoredPolicy } from '#shared/custody/policy/policy.ts';
import { OverDailyLimit } from '#shared/custody/policy/spend-ledger.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { releaseWhole, reservingFor } from '../reservation.ts';
import type { Transaction } from '../transaction.ts';
import { advance, amend } from '../transition.ts';
import { intentCapWei } from './fee-quotes.ts';
import type { LaneState } from './lane.ts';
import type { LanePass } from './lane-pass.ts';
import type { StoredLane } from './lane-store.ts';

/** What is left to send after the policy was asked. */
export interface Permitted {
  readonly lane: LaneState;
  /** In their order, as they are stored now. */
  readonly transactions: readonly Transaction[];
}

/** The limits that the chain and the wallet's policy set together. */
export interface SigningLimits {
  /** The most that may be offered per gas, in wei. */
  readonly feeCapWei: bigint;
  /** The most gas that one transaction may have. */
  readonly maxGas: bigint;
}

/** What one transaction may offer and use at most. */
export function signingLimits({ chain }: Pick<LanePass, 'chain'>, policy: StoredPolicy | undefined): SigningLimits {
  const own = policy?.max_gas ?? chain.max_gas_per_transaction;
  return {
    feeCapWei: feeCapWei(policy, intentCapWei(chain)),
    maxGas: BigInt(Math.min(own, chain.max_gas_per_transaction)),
  };
}

/**
 * Holds queued transactions against the policy as it is now, before they are signed: what it no longer allows ends
 * `failed`, the others go on. What was accepted under another version of the policy, by a function that still remembered
 * it, is counted against the daily limits as they are now. What was counted by this one still is, however long it has
 * waited since: what is open counts at all times.
 *
 * @throws LaneRaced
 */
export async function enforcePolicy(
  pass: LanePass,
  stored: Pick<StoredLane, 'lane' | 'policy'>,
  queued: readonly Transaction[],
): Promise<Permitted> {
  const { policy } = stored;
  if (policy === undefined) return { lane: stored.lane, transactions: queued };
  const transactions: Transaction[] = [];
  let { lane } = stored;
  for (const transaction of queued) {
    const violation = violationOf(policy, transaction);
    const counted =
      violation === undefined
        ? await counting(pass, policy, transaction)
        : { ...violation, policyVersion: policy.version };
    // One after the other: what a denied one gives back may be the room that the next one needs.
    if ('rule' in counted) lane = await deny(pass, lane, transaction, counted);
    else transactions.push(counted);
  }
  return { lane, transactions };
}

/** Why a transaction is not signed. */
export interface Denial extends Pick<Violation, 'rule' | 'message'> {
  readonly policyVersion: number;
}

/**
 * Ends a queued transaction that the policy denies.
 *
 * @returns the lane after it
 * @throws LaneRaced
 */
export async function deny(
  pass: LanePass,
  lane: LaneState,
  transaction: Transaction,
  { rule, message, policyVersion }: Denial,
): Promise<LaneState> {
  const failure = { code: 'POLICY_VIOLATION', message, rule };
  const detail = { ...failure, policy_version: policyVersion };
  const patch = { failure, waiting_for: null };
  const transition = advance(transaction, 'failed', patch, isoTime(pass.clock()), pass.by, detail);
  const after = await pass.store.apply(lane, [transition], [], pass.deadline);
  pass.log.write('POLICY_DENIED', { subject: transaction.wallet_id, transaction_id: transaction.id, rule });
  pass.metrics.count('PolicyDenied');
  pass.metrics.count('TransactionFailed');
  return after;
}

/** The transaction as it counts against the daily limits of this version of the policy, or why it can't. */
async function counting(pass: LanePass, policy: StoredPolicy, transaction: Transaction): Promise<Transaction | Denial> {
  const { reservation } = transaction;
  if (reservation?.policy_version === policy.version && reservation.hour === undefined) return transaction;
  const nowMs = pass.clock();
  const reserving = reservingFor(transaction, policy, transaction, pass.chain);
  if (reserving === undefined) return transaction;
  const amendment = amend(transaction, { reservation: reserving.reservation }, isoTime(nowMs));
  try {
    const changes = [...releaseWhole(transaction), ...reserving.changes];
    await pass.store.reserve(amendment, changes, nowMs, pass.deadline);
    return amendment.after;
  } catch (error) {
    if (!(error instanceof OverDailyLimit)) throw error;
    return { rule: 'max_value_per_day', message: error.message, policyVersion: policy.version };
  }
}
