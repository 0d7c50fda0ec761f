import { describe, expect, it } from 'vitest';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { productStream } from '#shared/catalog/catalog-keys.ts';
import { createProduct } from '#shared/catalog/create-product.ts';
import { MAX_STOCK_SHARDS } from '#shared/catalog/product.ts';
import { levelOf } from '#shared/catalog/stock.ts';
import { cameInBy } from '#shared/integrity/stock-rules.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { createListPager } from '#shared/platform/http/list-pager.ts';
import { catalogParts } from '#test/support/fakes/catalog-desk.ts';
import { ownTables } from '#test/support/own-tables.ts';
import { runStockProcess, type StockPlan } from '#test/support/stock-processes.ts';
import { tableFindings } from '#test/support/table-findings.ts';

const SKU = 'HOT-1';
const SEED = 20_261_122;

const own = ownTables();

/** A product of so many pieces, and the processes that want it. */
async function race(stock: number, shards: number, roles: readonly (readonly [StockPlan['role'], number])[]) {
  const { info, tables, parts } = own();
  const pager = createListPager(async () => 'a signing key of at least 32 characters');
  const catalog = catalogParts(parts.client, { clock: systemClock, pager, tables });
  const product = {
    ...{ sku: SKU, name: 'Hot', price: { amount: '100', currency: 'USD' }, stock, active: true, max_per_order: 10 },
    ...{ low_stock_at: null, invoice_minutes: null, stock_shards: shards },
  };
  await createProduct(catalog, product, parts.context());
  const tallies = await Promise.all(
    roles.map(([role, turns], index) => runStockProcess({ info, tables, sku: SKU, role, turns, seed: SEED + index })),
  );
  const stocked = (await catalog.products.read([{ sku: SKU, stockRows: MAX_STOCK_SHARDS }])).get(SKU);
  if (stocked === undefined) throw new Error('The product is gone');
  const sum = (of: 'kept' | 'sold' | 'adjusted') => tallies.reduce((total, tally) => total + tally[of], 0);
  const refused = new Set(tallies.flatMap((tally) => Object.keys(tally.refused)));
  const entries = await createAuditStore(parts.client, tables.audit).stored(productStream(SKU));
  // Buyers here take pieces without carts and orders.
  const findings = await tableFindings(parts, { [SKU]: cameInBy(entries) }, ['reserved', 'sold']);
  expect(findings).toEqual([]);
  return { ...stocked, level: levelOf(stocked.shards), sum, refused, entries };
}

/** What must be so whoever came first: every count is what was done, to the piece. */
function expectExact({ product, shards, level, sum, entries }: Awaited<ReturnType<typeof race>>, stock: number): void {
  expect(level.reserved).toBe(sum('kept'));
  expect(level.sold).toBe(sum('sold'));
  expect(level.on_hand).toBe(stock + sum('adjusted') - sum('sold'));
  expect(shards.filter(({ available, reserved, sold }) => Math.min(available, reserved, sold) < 0)).toEqual([]);
  expect(new Set(shards.map(({ offer }) => offer))).toEqual(new Set([product.offer]));
  expect(shards).toHaveLength(product.stock_rows);
  expect(firstBreak(productStream(SKU), entries, product)).toBeNull();
}

describe('the stock of one product', () => {
  it('Vendure #4930, Medusa #16569: is exact after 4 processes adjusted it at once, each 12 times', async () => {
    const found = await race(40, 4, [
      ['adjust', 12],
      ['adjust', 12],
      ['adjust', 12],
      ['adjust', 12],
    ]);
    expectExact(found, 40);
    // The product, and one entry for each adjustment that was made.
    expect(found.entries.length).toBeGreaterThan(1 + 20);
    expect([...found.refused].filter((code) => code !== 'OUT_OF_STOCK')).toEqual([]);
  });

  it('is exact while 2 processes buy, one adjusts, and one spreads it over other shards at other prices', async () => {
    const found = await race(200, 2, [
      ['buy', 25],
      ['buy', 25],
      ['adjust', 10],
      ['reshard', 12],
    ]);
    expectExact(found, 200);
    expect(found.sum('kept') + found.sum('sold')).toBeGreaterThan(0);
    expect(found.product.version).toBeGreaterThan(5);
    expect([...found.refused].filter((code) => code !== 'OUT_OF_STOCK')).toEqual([]);
  });

  it('is never sold twice when its last pieces are gathered from shards by 3 processes while a fourth moves them', async () => {
    const found = await race(20, 8, [
      ['buy', 20],
      ['buy', 20],
      ['buy', 20],
      ['reshard', 6],
    ]);
    expectExact(found, 20);
    expect(found.sum('kept') + found.sum('sold')).toBeLessThanOrEqual(20);
    expect(found.refused).toContain('OUT_OF_STOCK');
  });
});
