import { text } from 'node:stream/consumers';
import { adjustProductStock } from '#shared/catalog/adjust-product-stock.ts';
import { changeProduct } from '#shared/catalog/change-product.ts';
import { MAX_STOCK_SHARDS } from '#shared/catalog/product.ts';
import { type Allocation, allocate } from '#shared/catalog/stock.ts';
import { releaseStock, reserveStock, sellStock } from '#shared/catalog/stock-transactions.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { createListPager } from '#shared/platform/http/list-pager.ts';
import { sleep } from '#shared/platform/retry.ts';
import { catalogParts } from '#test/support/fakes/catalog-desk.ts';
import { inProcess } from '#test/support/in-process.ts';
import { seededRandom } from '#test/support/seeded-random.ts';
import { type StockTally, stockPlanSchema } from '#test/support/stock-processes.ts';

/**
 * A process of its own in the shop: a buyer who reserves as a checkout does, and gives back or buys; or an operator who adjusts stock, or
 * changes how it is spread and what it costs. Prints what it did.
 */
const { info, tables, sku, role, turns, seed } = stockPlanSchema.parse(JSON.parse(await text(process.stdin)));
const parts = await inProcess({ info }, { tables });
const random = seededRandom(seed);
const pager = createListPager(async () => 'a signing key of at least 32 characters');
const catalog = catalogParts(parts.client, { clock: systemClock, pager, wait: sleep, tables });
const deadline = () => Deadline.in(30_000, systemClock);
const tally = { kept: 0, sold: 0, adjusted: 0, refused: {} as Record<string, number> } satisfies StockTally;
const BUYING = { maxAttempts: 60, baseDelayMs: 5, maxDelayMs: 100 };

for (let turn = 0; turn < turns; turn += 1) {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof HavenError)) throw error;
    tally.refused[error.code] = (tally.refused[error.code] ?? 0) + 1;
  }
}
process.stdout.write(JSON.stringify(tally));

async function act(): Promise<void> {
  if (role === 'buy') return buy();
  if (role === 'reshard') return reshard();
  const quantity = (random() < 0.5 ? -1 : 1) * (1 + Math.floor(random() * 5));
  await adjustProductStock(catalog, sku, { quantity, reason: 'counted' }, parts.context());
  tally.adjusted += quantity;
}

async function reshard(): Promise<void> {
  const price = { amount: String(1 + Math.floor(random() * 9_999)), currency: 'USD' };
  const change = random() < 0.3 ? { price } : { stock_shards: 1 + Math.floor(random() * MAX_STOCK_SHARDS) };
  await changeProduct(catalog, sku, change, parts.context());
}

async function buy(): Promise<void> {
  const quantity = 1 + Math.floor(random() * 3);
  const taken = await untilUnraced(() => reserve(quantity), BUYING, deadline());
  const fate = random();
  if (fate < 0.4) await each(taken, releaseStock);
  else if (fate < 0.7) {
    await each(taken, sellStock);
    tally.sold += quantity;
  } else tally.kept += quantity;
}

/** As a checkout: reads product and shards, allocates, and reserves under the offer that it saw. */
async function reserve(quantity: number): Promise<readonly Allocation[]> {
  const stocked = (await catalog.products.read([{ sku, stockRows: MAX_STOCK_SHARDS }])).get(sku);
  if (stocked === undefined) throw new Error(`There is no ${sku}`);
  const result = allocate({ sku, quantity }, stocked.shards, random);
  if (result.kind === 'short') throw new HavenError('OUT_OF_STOCK', 'None left');
  const write = new WriteTransaction();
  for (const allocation of result.allocations) {
    reserveStock(write, tables.shop, allocation, stocked.product.offer, () => new Raced('Somebody was first'));
  }
  await write.commit(parts.client, deadline());
  return result.allocations;
}

async function each(taken: readonly Allocation[], change: typeof releaseStock): Promise<void> {
  const write = new WriteTransaction();
  for (const one of taken) change(write, tables.shop, one, () => new Error('A held piece was not there'));
  await write.commit(parts.client, deadline());
}
