import { type Demand, dayDemands, type PolicySubject } from '#shared/custody/policy/check-policy.ts';
import type { Policy } from '#shared/custody/policy/policy.ts';
import type { SpendChange } from '#shared/custody/policy/spend-ledger.ts';
import { hourOf } from '#shared/custody/policy/spend-window.ts';
import type { Reservation, Transaction, TransactionStatus } from './transaction.ts';

/** What a transaction is to take of daily limits: what is stored on it, and what that does to the limits. */
export interface Reserving {
  readonly reservation: Reservation;
  readonly changes: readonly SpendChange[];
}

/**
 * What a transaction takes of its wallet's daily limits; undefined when none concerns it.
 *
 * @param chainFeeCapWei the most that is ever offered per gas on its chain
 */
export function reservingFor(
  walletId: string,
  policy: Policy | undefined,
  subject: PolicySubject,
  chainFeeCapWei: bigint,
  nowMs: number,
): Reserving | undefined {
  if (policy === undefined) return undefined;
  const demands = dayDemands(policy, subject, chainFeeCapWei);
  if (demands.length === 0) return undefined;
  return {
    reservation: {
      policy_version: policy.version,
      hour: hourOf(nowMs),
      amounts: demands.map(({ asset, value, fee }) => ({ asset, value: value.toString(), fee: fee.toString() })),
    },
    changes: demands.map((demand) => reserve(walletId, demand)),
  };
}

function reserve(walletId: string, { asset, cap, value, fee }: Demand): SpendChange {
  return { walletId, asset, amount: value + fee, kind: { type: 'reserve', cap } };
}

/** Everything that a transaction took of daily limits, given back. */
export function givenBackWhole({ wallet_id, reservation }: Transaction): readonly SpendChange[] {
  return (reservation?.amounts ?? []).flatMap(({ asset, value, fee }) =>
    release(wallet_id, asset, reservation?.hour ?? 0, BigInt(value) + BigInt(fee)),
  );
}

/** Ends at which no value was moved. */
const WITHOUT_EFFECT: ReadonlySet<TransactionStatus> = new Set(['failed', 'expired', 'cancelled', 'reverted']);

/**
 * What a change of state gives back of daily limits: the value when the transaction ends without its effect, and the fee
 * too when nothing was ever signed for it. What was signed may have cost its fee, whatever became of it.
 */
export function givenBackBy(before: Transaction, after: Transaction): readonly SpendChange[] {
  if (before.status === after.status || !WITHOUT_EFFECT.has(after.status)) return [];
  if (after.attempts.length === 0) return givenBackWhole(before);
  return (before.reservation?.amounts ?? []).flatMap(({ asset, value }) =>
    release(before.wallet_id, asset, before.reservation?.hour ?? 0, BigInt(value)),
  );
}

function release(walletId: string, asset: string, hour: number, amount: bigint): readonly SpendChange[] {
  return amount === 0n ? [] : [{ walletId, asset, amount, kind: { type: 'release', hour } }];
}
