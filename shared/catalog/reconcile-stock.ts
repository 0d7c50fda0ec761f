import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { OutOfTime } from '#shared/platform/dynamo/rows-of-partitions.ts';
import { sleep } from '#shared/platform/retry.ts';
import type { StockedProduct } from './product-reader.ts';
import type { ReconcileDependencies, ReconcileRequest } from './reconciling.ts';
import { type Discrepancy, discrepancies, heldByShard, isSame, shardName } from './recount.ts';
import { repairDrift } from './repair-stock.ts';
import { requireStocked } from './require-stocked.ts';
import type { StockShard } from './stock.ts';
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
/** A look at many open orders takes seconds; it ends so long before the deadline, for repairs, the report and the answer. */
const LOOK_RESERVE_MS = 1_000;

/**
 * Recomputes what is reserved of every shard from what open orders and carts hold, and reports where a shard has counted otherwise. Both
 * are read while buyers buy: a shard counts its changes, so what differs is looked at again until two looks agree and nothing moved in
 * between. What never stands still is reported as moving, not as drift. Repairs drift when told. A report on all stock is stored, in the
 * place of the one before. A look that time cuts off counts for nothing: what was seen in part is no less than all.
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
  const lookUntil = Deadline.in(deadline.remainingMs() - LOOK_RESERVE_MS, deps.clock);
  const first = stocked ?? (await readStocked(deps, request.sku, lookUntil));
  if (first === undefined) return { checked_at: checkedAt, complete: false, shards: 0, drifts: [], moving: [] };
  const { complete, compared, drifts, open } = await lookUntilSame(deps, first, lookUntil);
  const repaired = request.repair ? await repairDrift(deps, drifts, request, deadline) : new Set<string>();
  const report = {
    checked_at: checkedAt,
    complete,
    shards: compared,
    drifts: drifts.map((drift) => ({ ...drift, repaired: repaired.has(shardName(drift)) })),
    moving: open.map(({ sku, shard }) => ({ sku, shard })),
  };
  if (request.sku === undefined) await keepStockReport(deps, report, request, deadline);
  return report;
}

/** What looks came to. */
interface Looks {
  /** Whether there was time for all of them. */
  readonly complete: boolean;
  /** Shards that were compared once at least. */
  readonly compared: number;
  readonly drifts: readonly Discrepancy[];
  /** What differs, and of which nothing can be said. */
  readonly open: readonly Discrepancy[];
}

async function lookUntilSame(
  deps: ReconcileDependencies,
  first: readonly StockedProduct[],
  until: Deadline,
): Promise<Looks> {
  const drifts: Discrepancy[] = [];
  let looked = first;
  let compared = 0;
  let open: readonly Discrepancy[] = [];
  for (let look = 1; ; look += 1) {
    const shards = looked.flatMap((product) => product.shards);
    const held = await countHeld(deps, shards, until);
    if (held === undefined) return { complete: false, compared, drifts, open };
    if (look === 1) compared = shards.length;
    const found = discrepancies(shards, held).filter(
      (one) => look === 1 || open.some((before) => shardName(before) === shardName(one)),
    );
    drifts.push(...found.filter((one) => open.some((before) => isSame(before, one))));
    open = found.filter((one) => !drifts.some((drift) => shardName(drift) === shardName(one)));
    if (open.length === 0 || look === MAX_LOOKS) return { complete: true, compared, drifts, open };
    if (!until.allows(BETWEEN_LOOKS_MS)) return { complete: false, compared, drifts, open };
    await (deps.wait ?? sleep)(BETWEEN_LOOKS_MS);
    looked = await readAgain(deps, open);
  }
}

/** What is held of shards; undefined: time ran out before all of it was read. */
async function countHeld(
  deps: ReconcileDependencies,
  shards: readonly StockShard[],
  until: Deadline,
): Promise<ReadonlyMap<string, number> | undefined> {
  try {
    return await heldByShard(shards, deps.held(until));
  } catch (error) {
    if (error instanceof OutOfTime) return undefined;
    throw error;
  }
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
