import type { LastStockReport } from '#shared/catalog/stock-report.ts';
import type { PoolState } from '#shared/custody/deposit-pool/pool-rows.ts';
import type { RaisedCondition } from './condition.ts';

/** Shards named in an alert; the report has the others. */
const MAX_NAMED = 10;

/** Whether the last look over all stock found counts that differ from what orders and carts hold, and that nobody has repaired. Pure. */
export function judgeDrift(report: LastStockReport): readonly RaisedCondition[] {
  const drifts = report.drifts.filter(({ repaired }) => !repaired);
  if (drifts.length === 0) return [];
  return [
    {
      key: 'stock_drift',
      category: 'stock_drift',
      severity: 'ERROR',
      summary: `Counts of reserved stock differ from what orders and carts hold, in ${drifts.length} shards`,
      details: {
        checked_at: report.checked_at,
        drifts: drifts
          .slice(0, MAX_NAMED)
          .map(({ sku, shard, counted, expected }) => ({ sku, shard, counted, expected })),
        count: drifts.length,
      },
    },
  ];
}

/**
 * Whether the last look over all stock saw all of it: it came to its end, no shard kept moving, and all that it found is in the report. If not, what
 * it does not name may have drifted all the same. Pure.
 */
export function sawAllStock({ complete, moving_count, drift_count, drifts }: LastStockReport): boolean {
  return complete && moving_count === 0 && drift_count <= drifts.length;
}

/** Whether the pool of deposit wallets is low after its refills, which tell when that begins and when it is empty. Pure. */
export function judgePool(state: PoolState | undefined): readonly RaisedCondition[] {
  if (state === undefined || (state.status !== 'low' && state.status !== 'empty')) return [];
  const isEmpty = state.status === 'empty';
  return [
    {
      key: 'deposit_pool',
      category: 'alarm',
      severity: isEmpty ? 'ERROR' : 'WARNING',
      summary: isEmpty
        ? 'The pool of deposit wallets is empty: no order can be placed'
        : 'The pool of deposit wallets is low after its refills',
      details: { status: state.status, since: state.since },
      isToldByItsOwner: true,
    },
  ];
}
