import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { NewId } from '#shared/platform/ids.ts';
import { putProduct } from './product-rows.ts';
import type { ReconcileDependencies, ReconcileRequest } from './reconciling.ts';
import { type Discrepancy, repairedCounts, shardName } from './recount.ts';
import { requireStocked } from './require-stocked.ts';
import { repairStock } from './stock-transactions.ts';

/**
 * Sets right what drifted, each product in a transaction of its own: its shards, an entry on its stream, and an alert. A shard that moved
 * since it was counted is left as it is.
 *
 * @returns names of the shards that were set right
 */
export async function repairDrift(
  deps: ReconcileDependencies,
  drifts: readonly Discrepancy[],
  request: ReconcileRequest,
  deadline: Deadline,
): Promise<ReadonlySet<string>> {
  const repaired = new Set<string>();
  for (const [sku, ofSku] of bySku(drifts)) {
    const done = await repairProduct(deps, sku, ofSku, request, deadline);
    for (const drift of done) repaired.add(shardName(drift));
  }
  return repaired;
}

async function repairProduct(
  deps: ReconcileDependencies,
  sku: string,
  drifts: readonly Discrepancy[],
  { actor, requestId }: ReconcileRequest,
  deadline: Deadline,
): Promise<readonly Discrepancy[]> {
  const { product, shards } = await requireStocked(deps.products, sku);
  const still = drifts.flatMap((drift) => {
    const row = shards.find(({ shard }) => shard === drift.shard);
    return row !== undefined && row.changes === drift.changes
      ? [{ drift, row, after: repairedCounts(row, drift.expected) }]
      : [];
  });
  if (still.length === 0) return [];
  const at = isoTime(deps.clock());
  const raced = () => new Raced(`Stock of ${sku} was changed meanwhile`);
  const write = new WriteTransaction();
  const facts = still.map(({ drift, row, after }) => ({
    shard: row.shard,
    from: { available: row.available, reserved: row.reserved },
    to: { available: after.available, reserved: after.reserved },
    missing: after.missing,
    expected: drift.expected,
  }));
  putProduct(
    write,
    deps.tables,
    product,
    product,
    { action: 'stock.repaired', actor, severity: 'WARNING', request_id: requestId, detail: { shards: facts } },
    at,
  );
  for (const { row, after } of still) repairStock(write, deps.tables.shop, row, after, raced);
  const found = still.map(({ drift }) => drift);
  const missing = still.reduce((sum, { after }) => sum + after.missing, 0);
  const alert = repairAlert(deps.newId, sku, found, at, missing);
  recordAlert(write, deps.tables, alert);
  try {
    await write.commit(deps.client, deadline, deps.wait);
  } catch (error) {
    // Somebody buys it: it stays in the report as not repaired.
    if (error instanceof Raced) return [];
    throw error;
  }
  deps.log.write('STOCK_REPAIRED', { sku, shards: found.length, missing });
  reportAlert(deps, alert);
  return found;
}

/** What was repaired is told at once; drift that nobody repairs is a condition of the monitor's, by the report. */
function repairAlert(newId: NewId, sku: string, drifts: readonly Discrepancy[], at: string, missing: number): Alert {
  const shards = drifts.map(({ shard, counted, expected }) => ({ shard, counted, expected }));
  return {
    id: newId('alr'),
    severity: missing > 0 ? 'CRITICAL' : 'ERROR',
    category: 'stock_drift',
    summary:
      missing > 0
        ? `${missing} more of ${sku} are promised to orders than were on hand`
        : `Counts of reserved stock of ${sku} were wrong and are repaired`,
    details: { sku, shards, repaired: true, missing },
    dedupe_key: `stock-drift:${sku}`,
    occurred_at: at,
  };
}

function bySku(drifts: readonly Discrepancy[]): ReadonlyMap<string, readonly Discrepancy[]> {
  return Map.groupBy(drifts, ({ sku }) => sku);
}
