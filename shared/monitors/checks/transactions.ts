import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { OPEN_STATUSES, oldestFirst } from '#shared/transactions/status/summary.ts';
import type { Transaction, TransactionStatus } from '#shared/transactions/transaction.ts';
import { bounded, type Check } from '../check.ts';
import { judgeFailed, judgePending } from '../judge-transactions.ts';
import type { Thresholds } from '../thresholds.ts';

/** Lists of transactions by status, at a bounded cost. */
interface TransactionLists {
  /** The oldest or the newest of a status. */
  some(
    status: TransactionStatus,
    order: 'oldest' | 'newest',
    limit: number,
  ): Promise<{ readonly rows: readonly Transaction[]; readonly truncated: boolean }>;
}

/** Rows read of each status: one index query and one batch. */
const MAX_ROWS = 100;

/** Watches for transactions that don't get on. Four index queries, and the rows of each. */
export function pendingCheck(
  store: TransactionLists,
  chains: readonly ChainConfig[],
  { pending_tx_threshold_minutes }: Thresholds,
): Check {
  return {
    name: 'transactions_pending',
    async look(nowMs) {
      const lists = await Promise.all(OPEN_STATUSES.map((status) => store.some(status, 'oldest', MAX_ROWS)));
      const open = oldestFirst(lists.flatMap(({ rows }) => rows));
      const raised = judgePending(open, chains, pending_tx_threshold_minutes, nowMs);
      return bounded(raised, !lists.some(({ truncated }) => truncated));
    },
  };
}

/**
 * Watches for transactions that ended without their effect. Two index queries, and the rows of each: the newest that were accepted. What failed of
 * those that are older is in the counts of the status route's day as little.
 */
export function failedCheck(store: TransactionLists, { failed_tx_window_minutes }: Thresholds): Check {
  return {
    name: 'transactions_failed',
    async look(nowMs) {
      const statuses = ['failed', 'reverted'] as const;
      const lists = await Promise.all(statuses.map((status) => store.some(status, 'newest', MAX_ROWS)));
      const failed = lists.flatMap(({ rows }) => rows);
      // There are always older ones: what was not read ended long ago.
      return bounded(judgeFailed(failed, failed_tx_window_minutes, nowMs), true);
    },
  };
}
