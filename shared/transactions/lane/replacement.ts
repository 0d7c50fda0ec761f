import { type Attempt, type Cancellation, currentAttempt, type Speed, type Transaction } from '../transaction.ts';
import type { LaneTime } from './lane-time.ts';

/**
 * A transaction that is in no block after so many is signed anew with higher fees. Blocks, not minutes: a chain that
 * stands still mines nobody's transaction, and more fees would not change that. On a chain with 12-second blocks these
 * are the 10, 5, 3 and 2 minutes of OpenZeppelin's relayer.
 */
export const REPLACE_AFTER_BLOCKS: Readonly<Record<Speed, number>> = { slow: 50, standard: 25, fast: 15, fastest: 10 };

/**
 * The first of a lane may pass the cap, up to the second limit, when its version in force has waited so many times as long
 * as one is given, and others wait behind it.
 */
export const FREE_AFTER_FACTOR = 4;

/** Each further replacement waits twice as long, up to this many times the first wait. */
const MAX_WAIT_FACTOR = 8;

/** Versions of one transaction after which only people ask for more: something else is wrong with it. */
export const MAX_AUTOMATIC_ATTEMPTS = 20;

/** Versions after which it is not signed once more; all of them are looked up in every look at the chain. */
export const MAX_ATTEMPTS = 40;

/**
 * No-ops that are signed on top of that: cancelling must work whatever was tried before. Eight of them, each a tenth
 * dearer than the one before it, are twice what the first one offers: as far as the limit of no-ops goes beyond the cap.
 */
export const NOOP_RESERVE = 8;

/** So many refusals for good, of nodes that were asked at different times, are believed. */
export const PERMANENT_REFUSALS = 3;

/** From the slowest to the fastest. */
const SPEEDS: readonly Speed[] = ['slow', 'standard', 'fast', 'fastest'];

/** Why a transaction is to be signed anew. */
export type ReplacementCause = 'unwanted' | 'accelerated' | 'underpriced' | 'stuck';

/** A transaction that is to be signed anew with its nonce. */
export interface Replacement {
  readonly transaction: Transaction;
  readonly kind: Attempt['kind'];
  readonly cause: ReplacementCause;
  /** What it is worth now: a step faster with each version before. */
  readonly speed: Speed;
  /** Why it is given up by itself; null: it is wanted, or somebody has given it up before. */
  readonly givenUpFor: Exclude<Cancellation['reason'], 'requested'> | null;
}

/**
 * Whether an unmined transaction is to be signed anew, and as what. Pure.
 *
 * @param headNumber of the latest block
 */
export function replacementOf(
  transaction: Transaction,
  headNumber: number,
  { latestMs, certainMs }: LaneTime,
): Replacement | undefined {
  const attempt = currentAttempt(transaction);
  if (attempt === undefined) return undefined;
  const kind = isUnwanted(transaction, certainMs) ? 'noop' : attempt.kind;
  // Perhaps too late, and not certainly: what was asked for is not signed once more.
  if (kind === 'intent' && isUnwanted(transaction, latestMs)) return undefined;
  if (transaction.attempts.length >= MAX_ATTEMPTS && !hasReserve(transaction, kind)) return undefined;
  // What was never handed over is, first; unless it is no longer wanted.
  if (attempt.broadcast_at === null && kind === attempt.kind) return undefined;
  const cause = causeOf(transaction, attempt, kind, headNumber);
  if (cause === undefined) return undefined;
  const reason = transaction.cancellation === null ? cancellationReason(transaction, certainMs) : undefined;
  return { transaction, kind, cause, speed: urgency(transaction), givenUpFor: reason ?? null };
}

/**
 * Whether it is no longer to be executed although it is signed.
 *
 * @param nowMs the time that has certainly passed, see `LaneTime`
 */
export function isUnwanted(transaction: Transaction, nowMs: number): boolean {
  return transaction.cancellation !== null || cancellationReason(transaction, nowMs) !== undefined;
}

/** Why a signed transaction is to be given up by itself. */
export function cancellationReason(transaction: Transaction, nowMs: number): 'valid_until' | 'refused' | undefined {
  if (transaction.valid_until !== null && Date.parse(transaction.valid_until) <= nowMs) return 'valid_until';
  const isRefused = (currentAttempt(transaction)?.permanent_refusals ?? 0) >= PERMANENT_REFUSALS;
  return isRefused ? 'refused' : undefined;
}

function causeOf(
  transaction: Transaction,
  attempt: Attempt,
  kind: Attempt['kind'],
  headNumber: number,
): ReplacementCause | undefined {
  if (kind !== attempt.kind) return 'unwanted';
  if (transaction.accelerated_at !== null && attempt.signed_at < transaction.accelerated_at) return 'accelerated';
  if (transaction.attempts.length >= MAX_AUTOMATIC_ATTEMPTS && !hasReserve(transaction, kind)) return undefined;
  const blocks = headNumber - attempt.signed_at_block;
  if (attempt.outcome === 'refused' && transaction.waiting_for === 'fees' && blocks >= 1) return 'underpriced';
  return blocks >= patienceBlocks(transaction, attempt.kind) ? 'stuck' : undefined;
}

/** Whether the version in force has waited for so long that its lane is to be freed of it. */
export function hasWaitedToFree(transaction: Transaction, headNumber: number): boolean {
  const attempt = currentAttempt(transaction);
  if (attempt === undefined) return false;
  return headNumber - attempt.signed_at_block >= FREE_AFTER_FACTOR * REPLACE_AFTER_BLOCKS[transaction.speed];
}

/** Whether a no-op of the reserve is left. */
function hasReserve({ attempts }: Transaction, kind: Attempt['kind']): boolean {
  return kind === 'noop' && attempts.filter((attempt) => attempt.kind === 'noop').length < NOOP_RESERVE;
}

/** How many blocks the attempt in force is given. */
export function patienceBlocks({ speed, attempts }: Transaction, kind: Attempt['kind']): number {
  const versions = attempts.filter((attempt) => attempt.kind === kind).length;
  return REPLACE_AFTER_BLOCKS[speed] * Math.min(MAX_WAIT_FACTOR, 2 ** Math.max(0, versions - 1));
}

/** The speed that a transaction is quoted at: one step faster with each version that was not mined. */
export function urgency({ speed, attempts }: Pick<Transaction, 'speed' | 'attempts'>): Speed {
  const step = Math.min(SPEEDS.length - 1, SPEEDS.indexOf(speed) + attempts.length);
  return SPEEDS[step] ?? speed;
}
