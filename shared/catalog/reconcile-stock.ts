import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { sleep } from '#shared/platform/retry.ts';
import type { StockedProduct } from './product-reader.ts';
import type { ReconcileDependencies, ReconcileRequest } from './reconciling.ts';
import { type Discrepancy, discrepancies, isSame, shardName } from './recount.ts';
import { repairDrift } from './repair-stock.ts';
import { requireStocked } from './require-stocked.ts';
import { keepStockReport } from './stock-report-row.ts';

/** What a reconciliation found. */
export interface StockReport {
  /** ISO 8601, UTC. */
  readonly checked_at: string;
  /** Whether all that was asked for was looked at in time. */
  readonly complete: boolean;
  /** Shards that were compared. */
  readonly shards: number;
  readonly drifts: readonly (Discrepancy & { readonly repaired: boolean })[];
  /** Shards that could not be judged, because buyers went on moving them. */
  readonly moving: readonly Pick<Discrepancy, 'sku' | 'shard'>[];
}

/** Looks at what differs: two that agree make it drift. Whoever buys is done in less than one. */
const MAX_LOOKS = 4;
/** Longer than an index is late, which is milliseconds. */
const BETWEEN_LOOKS_MS = 2_000;
/** A look at many open orders takes seconds; with less than this left none is begun. */
const LOOK_RESERVE_MS = 1_000;

/**
 * Recomputes what is reserved of every shard from what open orders and carts hold, and reports where a shard has counted otherwise. Both
 * are read while buyers buy: a shard counts its changes, so what differs is looked at again until two looks agree and nothing moved in
 * between. What never stands still is reported as moving, not as drift. Repairs drift when told. A report on all stock is stored, in the
 * place of the one before.
 *
 * @param stocked products with their shards, when they were just read
 * @throws PRODUCT_NOT_FOUND, DATABASE_ERROR
 */
export async function reconcileStock(
  deps: ReconcileDependencies,
  request: ReconcileRequest,
  deadline: Deadline,
  stocked?: readonly StockedProduct[],
): Promise<StockReport> {
  const checkedAt = isoTime(deps.clock());
  const first = stocked ?? (await readStocked(deps, request.sku, deadline));
  if (first === undefined) return { checked_at: checkedAt, complete: false, shards: 0, drifts: [], moving: [] };
  let looked = first;
  let open: readonly Discrepancy[] = [];
  const drifts: Discrepancy[] = [];
  let complete = true;
  for (let look = 1; look <= MAX_LOOKS; look += 1) {
    if (!deadline.allows(LOOK_RESERVE_MS)) {
      complete = false;
      break;
    }
    const shards = looked.flatMap((product) => product.shards);
    const found = discrepancies(shards, await deps.held()).filter(
      (one) => look === 1 || open.some((before) => shardName(before) === shardName(one)),
    );
    drifts.push(...found.filter((one) => open.some((before) => isSame(before, one))));
    open = found.filter((one) => !drifts.some((drift) => shardName(drift) === shardName(one)));
    if (open.length === 0 || look === MAX_LOOKS) break;
    await (deps.wait ?? sleep)(BETWEEN_LOOKS_MS);
    looked = await readAgain(deps, open);
  }
  const repaired = request.repair ? await repairDrift(deps, drifts, request, deadline) : new Set<string>();
  const report = {
    checked_at: checkedAt,
    complete,
    shards: first.reduce((sum, { shards }) => sum + shards.length, 0),
    drifts: drifts.map((drift) => ({ ...drift, repaired: repaired.has(shardName(drift)) })),
    moving: open.map(({ sku, shard }) => ({ sku, shard })),
  };
  if (request.sku === undefined) await keepStockReport(deps, report, request, deadline);
  return report;
}

async function readStocked(
  { walk, products }: ReconcileDependencies,
  sku: string | undefined,
  deadline: Deadline,
): Promise<readonly StockedProduct[] | undefined> {
  if (sku === undefined) return walk.all(deadline);
  return [await requireStocked(products, sku)];
}

async function readAgain(
  { products }: ReconcileDependencies,
  open: readonly Discrepancy[],
): Promise<readonly StockedProduct[]> {
  const skus = [...new Set(open.map(({ sku }) => sku))];
  return [...(await products.read(skus.map((sku) => ({ sku, stockRows: 1 })))).values()];
}
