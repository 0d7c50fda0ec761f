import { assetKey } from '#shared/custody/policy/asset.ts';
import {
  type CountedAsset,
  countedAssets,
  type Demand,
  dayDemands,
  type PolicySubject,
} from '#shared/custody/policy/check-policy.ts';
import type { Policy } from '#shared/custody/policy/policy.ts';
import type { SpendChange } from '#shared/custody/policy/spend-change.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { feeGuess } from './fee-guess.ts';
import type { Attempt, Reservation, Transaction } from './transaction.ts';
import { isFinal } from './transition.ts';

/** What a transaction is to take of daily limits: what is stored on it, and what that does to the limits. */
export interface Reserving {
  readonly reservation: Reservation;
  readonly changes: readonly SpendChange[];
}

/** Whose a reservation is. */
type Owner = Pick<Transaction, 'id' | 'wallet_id'>;

/**
 * What a transaction takes of its wallet's daily limits, and of the balance that must cover it, before it is signed;
 * undefined when nothing concerns it.
 */
export function reservingFor(
  owner: Owner,
  policy: Policy | undefined,
  subject: PolicySubject,
  chain: ChainConfig,
): Reserving | undefined {
  if (policy === undefined) return undefined;
  const demands = dayDemands(policy, subject, feeGuess(chain, subject.data));
  if (demands.length === 0) return undefined;
  return {
    reservation: {
      policy_version: policy.version,
      amounts: demands.map(({ asset, value, fee }) => ({ asset, value: value.toString(), fee: fee.toString() })),
    },
    changes: demands.map((demand) => reserve(owner, demand, subject)),
  };
}

function reserve(owner: Owner, demand: Demand, { chain_id, from }: PolicySubject): SpendChange {
  const { asset, cap, value, fee, needsCover } = demand;
  const account = { chain_id, address: from };
  return changeOf(owner, asset, value + fee, { type: 'reserve', cap, ...(needsCover === true ? { account } : {}) });
}

function changeOf({ id, wallet_id }: Owner, asset: string, amount: bigint, kind: SpendChange['kind']): SpendChange {
  return { walletId: wallet_id, asset, amount, transactionId: id, kind };
}

/** Everything that a transaction holds, released. */
export function releaseWhole(transaction: Transaction): readonly SpendChange[] {
  return [...heldBy(transaction)].map(([asset, amount]) => changeOf(transaction, asset, amount, { type: 'release' }));
}

/** What an open transaction holds, in base units by asset; an ended one holds nothing. */
function heldBy({ status, reservation }: Transaction): ReadonlyMap<string, bigint> {
  if (reservation === undefined || reservation.hour !== undefined || isFinal(status)) return new Map();
  return new Map(reservation.amounts.map(({ asset, value, fee }) => [asset, BigInt(value) + BigInt(fee)]));
}

/**
 * What a transaction holds once a version of it is signed: its true worst-case fee in place of the guess, as far as its
 * wallet has a daily limit on the chain's own coin, or must have the balance. Of all versions with its nonce one alone can
 * be mined, so it is the highest fee among them. A no-op in its place keeps the value held, because the original may still win.
 *
 * @param attempt the version that is signed now
 */
export function reservationWith(
  policy: Policy | undefined,
  transaction: Pick<Transaction, 'chain_id' | 'value' | 'attempts' | 'reservation'>,
  attempt: Pick<Attempt, 'nonce' | 'gas_limit' | 'max_fee_per_gas'>,
): Reservation | undefined {
  const { chain_id, value, attempts, reservation } = transaction;
  if (!countsNative(policy, chain_id)) return reservation;
  const asset = nativeAsset(chain_id);
  const fees = [...attempts.filter(({ nonce }) => nonce === attempt.nonce), attempt].map(worstFeeWei);
  const fee = fees.reduce(larger).toString();
  const before = reservation?.hour === undefined ? reservation : undefined;
  const others = before?.amounts.filter((amount) => amount.asset !== asset) ?? [];
  // Signed before there was a limit, it was never held against one as a whole.
  return { policy_version: before?.policy_version ?? 0, amounts: [{ asset, value, fee }, ...others] };
}

/**
 * What a change of a transaction does to daily limits: the difference of what it holds before and after; and at its end
 * what really moved, in place of all that it held. Fees only as far as they were counted.
 *
 * @param nativeCapWei the daily limit that a higher fee is held against; null: none
 */
export function spendingOf(
  { before, after }: { readonly before: Transaction; readonly after: Transaction },
  nativeCapWei: bigint | null = null,
): readonly SpendChange[] {
  const had = heldBy(before);
  const has = heldBy(after);
  const changes: SpendChange[] = [];
  for (const asset of new Set([...had.keys(), ...has.keys()])) {
    const more = (has.get(asset) ?? 0n) - (had.get(asset) ?? 0n);
    if (more < 0n) changes.push(changeOf(before, asset, -more, { type: 'release' }));
    if (more > 0n) changes.push(changeOf(before, asset, more, { type: 'reserve', cap: nativeCapWei }));
    const moved = isFinal(after.status) && had.has(asset) ? movedOf(after, asset) : 0n;
    if (moved > 0n) changes.push(changeOf(before, asset, moved, { type: 'spend', block: after.block_number }));
  }
  return changes;
}

/** What an ended transaction has moved of an asset that it was counted against. */
function movedOf(transaction: Transaction, asset: string): bigint {
  const { status, chain_id, reservation } = transaction;
  const counted = reservation?.amounts.find((amount) => amount.asset === asset);
  const value = status === 'confirmed' ? BigInt(counted?.value ?? '0') : 0n;
  return asset === nativeAsset(chain_id) ? value + feePaidWei(transaction) : value;
}

/** What it really paid, or the most that it can have paid where the node didn't say; nothing if it never got into a block. */
function feePaidWei({ block_number, gas_used, effective_gas_price, attempts, hash }: Transaction): bigint {
  if (block_number === null || gas_used === null) return 0n;
  const winner = attempts.find((attempt) => attempt.hash === hash);
  const paidWei = BigInt(gas_used) * BigInt(effective_gas_price ?? winner?.max_fee_per_gas ?? '0');
  // One node said so. No chain takes more than was signed for.
  const mostWei = winner === undefined ? paidWei : worstFeeWei(winner);
  return paidWei < mostWei ? paidWei : mostWei;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** The most that a signed version can pay for its gas. */
function worstFeeWei({ gas_limit, max_fee_per_gas }: Pick<Attempt, 'gas_limit' | 'max_fee_per_gas'>): bigint {
  return BigInt(gas_limit) * BigInt(max_fee_per_gas);
}

/**
 * Whether what is signed for it now frees a lane: a no-op, or what fills a gap. It is counted, and no limit stops it,
 * because all behind it waits.
 */
export function freesLane(transaction: Pick<Transaction, 'attempts' | 'fills_gap'>): boolean {
  return transaction.fills_gap === true || transaction.attempts.at(-1)?.kind === 'noop';
}

/** The window of a chain's own coin. */
export function nativeAsset(chainId: number): string {
  return assetKey({ chain_id: chainId, token_address: null });
}

/** The daily limit on a chain's own coin; undefined: there is none. */
export function nativeCap(policy: Policy | undefined, chainId: number): bigint | undefined {
  return nativeOf(policy, chainId)?.cap ?? undefined;
}

function countsNative(policy: Policy | undefined, chainId: number): boolean {
  return nativeOf(policy, chainId) !== undefined;
}

function nativeOf(policy: Policy | undefined, chainId: number): CountedAsset | undefined {
  return policy && countedAssets(policy, chainId).find(({ isNative }) => isNative);
}
