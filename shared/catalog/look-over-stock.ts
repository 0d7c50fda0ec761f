import type { Deadline } from '#shared/platform/deadline.ts';
import type { LowStockNoter } from './note-low-stock.ts';
import { reconcileStock } from './reconcile-stock.ts';
import type { ReconcileDependencies } from './reconciling.ts';
import { levelOf } from './stock.ts';

/** What looking over all stock needs. */
export interface LookOverStockDependencies extends ReconcileDependencies {
  readonly lowStock: LowStockNoter;
}

/** Rows of conditions that one request reads. */
const NOTED_AT_ONCE = 100;

/**
 * Looks over the stock of all products: notes whose is low, and reports where counts have drifted, which the monitor tells of by the report.
 * Reads everything once for both, and repairs nothing: that is for people to decide.
 *
 * @param requestId of the run
 * @throws DATABASE_ERROR
 */
export async function lookOverStock(
  deps: LookOverStockDependencies,
  requestId: string,
  deadline: Deadline,
): Promise<void> {
  const stocked = await deps.walk.all(deadline);
  const looks = (stocked ?? []).map(({ product, shards }) => ({
    sku: product.sku,
    available: levelOf(shards).available,
    lowStockAt: product.low_stock_at,
  }));
  for (let start = 0; start < looks.length; start += NOTED_AT_ONCE) {
    await deps.lowStock.note(looks.slice(start, start + NOTED_AT_ONCE), deadline);
  }
  const request = { repair: false, actor: 'stock-reconciler', requestId };
  const report = stocked === undefined ? undefined : await reconcileStock(deps, request, deadline, stocked);
  const drifts = report?.drifts ?? [];
  const complete = report?.complete === true;
  deps.log.write('STOCK_RECONCILED', {
    complete,
    products: looks.length,
    shards: report?.shards ?? 0,
    drifts: drifts.length,
    moving: report?.moving.length ?? 0,
  });
  if (drifts.length > 0) deps.metrics.count('StockDrift', drifts.length);
  if (complete) deps.metrics.count('StockReconciled');
}
