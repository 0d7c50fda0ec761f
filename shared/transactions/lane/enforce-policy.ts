import { feeCapWei, type Violation, violationOf } from '#shared/custody/policy/check-policy.ts';
import type { StoredPolicy } from '#shared/custody/policy/policy.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { givenBackWhole, reservingFor } from '../reservation.ts';
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
 * it, is counted against the daily limits as they are now.
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
    const counted = violation === undefined ? await counting(pass, policy, transaction) : violation;
    // One after the other: what a denied one gives back may be the room that the next one needs.
    if ('rule' in counted) lane = await deny(pass, lane, transaction, policy, counted);
    else transactions.push(counted);
  }
  return { lane, transactions };
}

/** Why a transaction is not signed. */
type Denial = Pick<Violation, 'rule' | 'message'>;

async function deny(
  pass: LanePass,
  lane: LaneState,
  transaction: Transaction,
  { version }: StoredPolicy,
  { rule, message }: Denial,
): Promise<LaneState> {
  const failure = { code: 'POLICY_VIOLATION', message };
  const detail = { ...failure, rule, policy_version: version };
  const patch = { failure, waiting_for: null };
  const transition = advance(transaction, 'failed', patch, isoTime(pass.clock()), pass.by, detail);
  const after = await pass.store.apply(lane, [transition], [], pass.deadline);
  pass.metrics.count('PolicyDenied');
  pass.metrics.count('TransactionFailed');
  return after;
}

/** The transaction as it counts against the daily limits of this version of the policy, or why it can't. */
async function counting(pass: LanePass, policy: StoredPolicy, transaction: Transaction): Promise<Transaction | Denial> {
  const { reservation } = transaction;
  if (reservation?.policy_version === policy.version) return transaction;
  const nowMs = pass.clock();
  const capWei = BigInt(pass.chain.max_fee_per_gas_wei);
  const reserving = reservingFor(transaction.wallet_id, policy, transaction, capWei, nowMs);
  if (reserving === undefined) return transaction;
  const amendment = amend(transaction, { reservation: reserving.reservation }, isoTime(nowMs));
  try {
    const changes = [...givenBackWhole(transaction), ...reserving.changes];
    await pass.store.reserve(amendment, changes, nowMs, pass.deadline);
    return amendment.after;
  } catch (error) {
    if (!(error instanceof HavenError) || error.code !== 'POLICY_VIOLATION') throw error;
    return { rule: 'max_value_per_day', message: error.message };
  }
}
