import type { Sweep, SweepMove } from '#shared/custody/lifecycle/sweep.ts';
import { SWEEP_REFERENCE_PREFIX } from '../reference-field.ts';
import type { Transaction } from '../transaction.ts';
import { isFinal } from '../transition.ts';

/** What a wallet has of an asset on a chain, as far as it can be moved. Base units. */
export interface Holding {
  /** null: the chain's own coin. */
  readonly token_address: string | null;
  readonly amount: bigint;
}

/** A transaction that is to be accepted for a sweep. */
export interface PlannedMove extends Holding {
  /** Counts the tries for this asset, from 1. */
  readonly attempt: number;
}

/**
 * How long a transaction of a sweep may wait for its signature. A coin's may leave too little for fees that have risen since. What
 * expired is asked for anew, with the amounts and the successor of that moment.
 */
export const MOVE_VALID_MS = 30 * 60_000;

/**
 * Tries for a coin. It expires because the chain's fees had risen: half an hour each is time enough for a peak to pass, and after
 * that a person should look. Tokens are asked for without end: they wait for coin that somebody has to send, and don't go before.
 */
export const MAX_ATTEMPTS = 5;

/**
 * What is still to be moved of what a wallet has on a chain: what was never tried, and what expired. What arrived is not moved
 * twice, whatever a node says of the balance: it may lag. Pure.
 *
 * @param moves those of the chain, oldest first
 */
export function planMoves(moves: readonly SweepMove[], holdings: readonly Holding[]): readonly PlannedMove[] {
  return holdings.flatMap((holding): PlannedMove[] => {
    if (holding.amount <= 0n) return [];
    const last = moves.findLast(({ token_address }) => token_address === holding.token_address);
    if (last === undefined) return [{ ...holding, attempt: 1 }];
    const isDue = last.status === 'expired' && (!isCoin(holding) || last.attempt < MAX_ATTEMPTS);
    return isDue ? [{ ...holding, attempt: last.attempt + 1 }] : [];
  });
}

/**
 * The moves of a sweep with one more. It takes the place of the token's try that expired before it: those have no end, and a row
 * has (400 KB). Pure.
 */
export function withMove(moves: readonly SweepMove[], move: SweepMove): SweepMove[] {
  const isReplaced = (other: SweepMove) =>
    !isCoin(move) &&
    other.status === 'expired' &&
    other.chain_id === move.chain_id &&
    other.token_address === move.token_address;
  return [...moves.filter((other) => !isReplaced(other)), move];
}

function isCoin({ token_address }: Pick<Holding, 'token_address'>): boolean {
  return token_address === null;
}

/**
 * Whether a daily limit that has no room now will have it later: what is taken of it is given back within a day. Not for what is
 * more than the limit itself. Pure.
 *
 * @param details of a POLICY_VIOLATION; amounts in base units
 */
export function passesWithTime({ rule, limit, amount }: Readonly<Record<string, unknown>>): boolean {
  if (rule !== DAY_LIMIT || typeof limit !== 'string' || typeof amount !== 'string') return false;
  return BigInt(amount) <= BigInt(limit);
}

/**
 * Whether a token stays because it is more than the policy lets go: it can still be moved once somebody raises the limit, and
 * then needs the coin for its gas. Pure.
 *
 * @param moves those of the chain, oldest first
 */
export function isTokenLimited(moves: readonly SweepMove[]): boolean {
  const lastOf = new Map(moves.map((move) => [move.token_address, move]));
  return [...lastOf.values()].some((move) => !isCoin(move) && LIMITS.has(move.failure?.rule ?? ''));
}

/** Of a wallet that was revoked itself nothing is asked for anew: its sweep ends. */
const RECALLED: ReadonlySet<string> = new Set(['WALLET_REVOKED', 'WALLET_ROTATED']);

/** The rule whose room comes back with time. */
const DAY_LIMIT = 'max_value_per_day';
const LIMITS: ReadonlySet<string> = new Set(['max_value_per_transaction', DAY_LIMIT]);

/**
 * A move after a look at its transaction; the same object when nothing has changed. What was recalled (`recall.ts`), and what the
 * lane had no room for in a daily limit, has expired: it is asked for anew, and then held against successor and limit again. Pure.
 */
export function settledMove(move: SweepMove, { status, failure }: Pick<Transaction, 'status' | 'failure'>): SweepMove {
  if (move.status !== 'open' || !isFinal(status)) return move;
  if (status === 'confirmed' || status === 'expired') return { ...move, status, failure };
  if (failure !== null && (RECALLED.has(failure.code) || failure.rule === DAY_LIMIT)) {
    return { ...move, status: 'expired', failure };
  }
  return { ...move, status: 'failed', failure: failure ?? { code: 'CANCELLED', message: 'Somebody cancelled it' } };
}

/** Why a sweep in which all is done has not moved everything: the failure of the first asset that stayed; null: it has. Pure. */
export function failureOf(moves: readonly SweepMove[]): Sweep['failure'] {
  const assetOf = ({ chain_id, token_address }: SweepMove) => `${chain_id}:${token_address}`;
  const lastOf = new Map(moves.map((move) => [assetOf(move), move]));
  const stayed = [...lastOf.values()].find(({ status }) => status !== 'confirmed');
  if (stayed === undefined) return null;
  return stayed.failure ?? { code: 'INTERNAL', message: 'It ended without a reason' };
}

/**
 * What may be sent of a coin: all but what its transfer can cost. Fees may rise until it is signed, so twice what is offered now
 * is left; what is not paid of that stays behind. Nothing when that is not worth a transaction. Pure.
 *
 * @param feePerGasWei what is offered now
 * @param capWei the most that may be offered
 */
export function movableWei(balanceWei: bigint, gas: bigint, feePerGasWei: bigint, capWei: bigint): bigint {
  const risen = feePerGasWei * FEE_RISE_FACTOR;
  const leftWei = balanceWei - gas * (risen < capWei ? risen : capWei);
  return leftWei > 0n ? leftWei : 0n;
}

const FEE_RISE_FACTOR = 2n;

/** The reference of a try: one transaction at most can have it, whatever else fails. */
export function sweepReference(
  { wallet_id, round }: Pick<Sweep, 'wallet_id' | 'round'>,
  chainId: number,
  { token_address, attempt }: Pick<PlannedMove, 'token_address' | 'attempt'>,
): string {
  return `${SWEEP_REFERENCE_PREFIX}${wallet_id}:${round}:${chainId}:${token_address ?? 'coin'}:${attempt}`;
}
