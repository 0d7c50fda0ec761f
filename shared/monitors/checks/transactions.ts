import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { OPEN_STATUSES, oldestFirst } from '#shared/transactions/status/summary.ts';
import type { Transaction, TransactionStatus } from '#shared/transactions/transaction.ts';
import { bounded, type Check } from '../check.ts';
import { coveredByChain, judgePending } from '../judge-pending.ts';
import { judgeFailed } from '../judge-transactions.ts';
import type { Thresholds } from '../thresholds.ts';
import type { OpenLanes } from './open-lanes.ts';

/** Lists of transactions by status, at a bounded cost. */
interface TransactionLists {
  /** The oldest or the newest of a status. */
  some(
    status: TransactionStatus,
    order: 'oldest' | 'newest',
    limit: number,
  ): Promise<{ readonly rows: readonly Transaction[]; readonly truncated: boolean }>;
}

const isOpen = ({ status }: Transaction) => OPEN_STATUSES.includes(status);

/** Rows read of each status: one index query and one batch. */
const MAX_ROWS = 100;

/** Lanes with work, and transactions by id. */
interface LaneQueues {
  lanes(): Promise<OpenLanes>;
  transactions(ids: readonly string[]): Promise<readonly Transaction[]>;
}

/**
 * Watches for transactions that don't get on. Four index queries, and the rows of each; and as many for the heads of the queues, and their rows: a lane
 * with a long queue fills the page of what is queued, and would hide all others.
 */
export function pendingCheck(
  store: TransactionLists,
  queues: LaneQueues,
  chains: readonly ChainConfig[],
  thresholds: Thresholds,
): Check {
  /** The oldest of the transactions that are first in the queue of their lane. */
  async function readHeads() {
    const { heads, truncated: missesLanes } = await queues.lanes();
    const ids = [...heads.values()].flatMap((id) => id ?? []).sort();
    const rows = await queues.transactions(ids.slice(0, MAX_ROWS));
    return { rows: oldestFirst(rows.filter(isOpen)), truncated: ids.length > MAX_ROWS, missesLanes };
  }

  return {
    name: 'transactions_pending',
    async look(nowMs, before) {
      const openKeys = before.map(({ key }) => key);
      const [lists, heads] = await Promise.all([
        Promise.all(
          OPEN_STATUSES.map(async (status) => ({ status, ...(await store.some(status, 'oldest', MAX_ROWS)) })),
        ),
        readHeads(),
      ]);
      const all = [...lists.flatMap(({ rows }) => rows), ...heads.rows];
      const open = oldestFirst([...new Map(all.map((row) => [row.id, row])).values()]);
      // What was not read is younger than what was: nothing of it is overdue when the youngest that was read is not.
      const endsYoung = (rows: readonly Transaction[]) =>
        nowMs - Date.parse(rows.at(-1)?.created_at ?? '') <= thresholds.pending_tx_threshold_minutes * 60_000;
      const cutOff = [...lists.filter(({ status }) => status !== 'queued'), heads].filter(({ truncated }) => truncated);
      const raised = judgePending(open, chains, thresholds, nowMs, openKeys);
      const sawAll = !heads.missesLanes && cutOff.every(({ rows }) => endsYoung(rows));
      return { ...bounded(raised, sawAll), lapsed: coveredByChain(raised, openKeys) };
    },
  };
}

/**
 * Watches for transactions that ended without their effect. Two index queries, and the rows of each: the newest that were accepted. What failed of
 * those that are older is in the counts of the status route's day as little.
 */
export function failedCheck(store: TransactionLists, thresholds: Thresholds): Check {
  return {
    name: 'transactions_failed',
    async look(nowMs) {
      const statuses = ['failed', 'reverted'] as const;
      const lists = await Promise.all(statuses.map((status) => store.some(status, 'newest', MAX_ROWS)));
      const failed = lists.flatMap(({ rows }) => rows);
      // There are always older ones: what was not read ended long ago.
      return bounded(judgeFailed(failed, thresholds, nowMs), true);
    },
  };
}
