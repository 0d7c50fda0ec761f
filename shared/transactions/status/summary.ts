import { type Transaction, transactionStatusSchema } from '../transaction.ts';
import { isFinal } from '../transition.ts';

/** Statuses that a transaction leaves again. */
export const OPEN_STATUSES = transactionStatusSchema.options.filter((status) => !isFinal(status));
/** Ends. */
export const END_STATUSES = transactionStatusSchema.options.filter(isFinal);
/** Ends without the effect that was asked for. A cancelled one is what somebody wanted. */
export const FAILURE_STATUSES = END_STATUSES.filter((status) => status !== 'confirmed' && status !== 'cancelled');

const HOUR_MS = 60 * 60 * 1000;
/** How far back failures and ends are counted. */
export const DAY_MS = 24 * HOUR_MS;

/** Failures by when they ended. */
export interface FailureCounts {
  readonly last_hour: number;
  readonly last_day: number;
}

/**
 * Counts failures of one chain by when they ended.
 *
 * @param nowMs milliseconds since the Unix epoch
 */
export function countFailures(failed: readonly Transaction[], chainId: number, nowMs: number): FailureCounts {
  const ages = failed
    .filter((transaction) => transaction.chain_id === chainId)
    .map((transaction) => nowMs - Date.parse(transaction.updated_at));
  return {
    last_hour: ages.filter((ageMs) => ageMs <= HOUR_MS).length,
    last_day: ages.filter((ageMs) => ageMs <= DAY_MS).length,
  };
}

/** Oldest first, by id: ids are in the order of acceptance. */
export function oldestFirst(transactions: readonly Transaction[]): readonly Transaction[] {
  return transactions.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * Those that have been open for longer than they should.
 *
 * @param thresholdMs how long that is
 */
export function stuckOf(open: readonly Transaction[], nowMs: number, thresholdMs: number): readonly Transaction[] {
  return oldestFirst(open).filter(({ created_at }) => nowMs - Date.parse(created_at) > thresholdMs);
}
