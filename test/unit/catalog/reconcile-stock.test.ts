import { describe, expect, it } from 'vitest';
import { reconcileStock } from '#shared/catalog/reconcile-stock.ts';
import { repairedCounts } from '#shared/catalog/recount.ts';
import type { Allocation } from '#shared/catalog/stock.ts';
import { keepStockReport } from '#shared/catalog/stock-report-row.ts';
import { cartKey, HOLDING_CARTS } from '#shared/checkout/cart-keys.ts';
import { orderKey, statusPartition } from '#shared/orders/order-keys.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { type CatalogDesk, createCatalogDesk } from '#test/support/fakes/catalog-desk.ts';
import { itemBytes, itemSchema } from '../../../bench/item-size.ts';

const SKU = 'TEE-M';
const ORDER = { ...{ quantity: 1, name: 'Tee', unit_price: { amount: '1', currency: 'USD' } } };

/** Stores as much of an order as says what it holds. */
function placeOrder(
  desk: CatalogDesk,
  id: string,
  status: string,
  allocations: readonly Allocation[],
  stock = 'reserved',
) {
  const lines = [{ ...ORDER, sku: SKU, allocations }];
  desk.dynamo.put('shop', { ...orderKey(id), id, status, stock, lines, gsi2pk: statusPartition(status), gsi2sk: id });
}

/** Stores as much of a cart as says what it holds. */
function placeCart(desk: CatalogDesk, id: string, allocations: readonly Allocation[], status = 'open') {
  const reservation = { until: '2026-11-22T00:00:00.000Z', allocations };
  const lines = [{ ...ORDER, sku: SKU, offer: 1, stock_rows: 2, reservation }];
  const until = { gsi2pk: HOLDING_CARTS, gsi2sk: `${reservation.until}#${id}` };
  desk.dynamo.put('shop', { ...cartKey(id), id, status, lines, ...until });
}

/** A product of 20 pieces in two shards: 3 and 2 held by orders, 1 by a cart. */
async function shop(around?: Parameters<typeof createCatalogDesk>[0]) {
  const desk = createCatalogDesk(around);
  const price = { amount: '2500', currency: 'USD' };
  await desk.send('POST', '/products', { sku: SKU, name: 'Tee', price, stock: 20, stock_shards: 2 });
  await desk.send('POST', '/products', { sku: 'MUG', name: 'Mug', price, stock: 5 });
  const held: readonly [string, string, Allocation][] = [
    ['ord_1', 'awaiting_payment', { sku: SKU, shard: 0, quantity: 3 }],
    ['ord_2', 'paid', { sku: SKU, shard: 1, quantity: 2 }],
  ];
  for (const [id, status, allocation] of held) {
    await desk.reserve(allocation);
    placeOrder(desk, id, status, [allocation]);
  }
  const inCart = { sku: SKU, shard: 1, quantity: 1 };
  await desk.reserve(inCart);
  placeCart(desk, 'crt_1', [inCart]);
  // None of these holds anything, whatever its lines say.
  placeOrder(desk, 'ord_3', 'fulfilled', [{ sku: SKU, shard: 0, quantity: 9 }], 'sold');
  placeOrder(desk, 'ord_4', 'expired', [{ sku: SKU, shard: 0, quantity: 9 }], 'released');
  placeCart(desk, 'crt_2', [{ sku: SKU, shard: 0, quantity: 9 }], 'checked_out');
  return desk;
}

describe('a reconciliation', () => {
  it('finds nothing where counts are what open orders and carts hold', async () => {
    const desk = await shop();
    expect(await desk.reconcile()).toMatchObject({ complete: true, shards: 3, drifts: [], moving: [] });
    expect(desk.alerts()).toEqual([]);
  });

  it('Medusa #12401, #15397: names a shard that counts more or fewer than are held, and repairs it only when told', async () => {
    const desk = await shop();
    desk.corrupt(SKU, 0, { reserved: 1 });
    desk.corrupt(SKU, 1, { reserved: 7 });
    const drifts = [
      { sku: SKU, shard: 0, counted: 1, expected: 3, repaired: false },
      { sku: SKU, shard: 1, counted: 7, expected: 3, repaired: false },
    ];
    expect((await desk.reconcile()).drifts).toMatchObject(drifts);
    expect(desk.shards(SKU).map(({ reserved }) => reserved)).toEqual([1, 7]);
    const repaired = await desk.reconcile({ repair: true });
    expect(repaired.drifts).toMatchObject(drifts.map((drift) => ({ ...drift, repaired: true })));
    expect(desk.shards(SKU).map(({ reserved }) => reserved)).toEqual([3, 3]);
    // What is on hand is what it was: 7 + 1 and 7 + 7.
    expect(desk.shards(SKU).map(({ available, reserved }) => available + reserved)).toEqual([8, 14]);
    expect((await desk.reconcile()).drifts).toEqual([]);
    expect((await desk.entries(SKU)).at(-1)).toMatchObject({
      ...{ action: 'stock.repaired', actor: 'key_tester', severity: 'WARNING' },
      detail: {
        shards: [
          { shard: 0, expected: 3, missing: 0 },
          { shard: 1, expected: 3, missing: 0 },
        ],
      },
    });
    expect(await desk.brokenAt(SKU)).toBeNull();
    expect(desk.alerts()).toMatchObject([
      {
        category: 'stock_drift',
        severity: 'ERROR',
        dedupe_key: `stock-drift:${SKU}`,
        details: { sku: SKU, repaired: true },
      },
    ]);
  });

  it('says so when orders hold more than is on hand: nothing is available then, never less', async () => {
    const desk = await shop();
    desk.corrupt(SKU, 0, { available: 1, reserved: 0 });
    await desk.reconcile({ repair: true });
    expect(desk.shards(SKU)[0]).toMatchObject({ available: 0, reserved: 3 });
    expect(desk.alerts()).toMatchObject([{ severity: 'CRITICAL', details: { missing: 2 } }]);
  });

  it('looks at one product only when asked to', async () => {
    const desk = await shop();
    desk.corrupt(SKU, 0, { reserved: 1 });
    desk.corrupt('MUG', 0, { reserved: 1 });
    expect((await desk.reconcile({ sku: 'MUG', repair: true })).drifts).toMatchObject([{ sku: 'MUG', repaired: true }]);
    expect(desk.shards(SKU)[0]?.reserved).toBe(1);
    await expect(desk.reconcile({ sku: 'NONE' })).rejects.toMatchObject({ code: 'PRODUCT_NOT_FOUND' });
  });

  it('takes no order for drift that is placed while it looks', async () => {
    let looks = 0;
    const desk = await shop({
      around({ operation, body }, answer) {
        const said = answer();
        // After the shards were read, and before the orders are.
        if (operation === 'Query' && JSON.stringify(body).includes('HOLDING_CARTS')) {
          looks += 1;
          if (looks === 1) {
            placeOrder(desk, 'ord_5', 'awaiting_payment', [{ sku: SKU, shard: 0, quantity: 4 }]);
            void desk.reserve({ sku: SKU, shard: 0, quantity: 4 });
          }
        }
        return said;
      },
    });
    expect(await desk.reconcile()).toMatchObject({ drifts: [], moving: [] });
    expect(looks).toBe(2);
  });

  it('reports what never stands still as moving, and repairs none of it', async () => {
    let nth = 0;
    const desk = await shop({
      around({ operation, body }, answer) {
        const said = answer();
        if (operation === 'Query' && JSON.stringify(body).includes('HOLDING_CARTS')) {
          nth += 1;
          const allocation = { sku: SKU, shard: 0, quantity: 1 };
          placeOrder(desk, `ord_1${nth}`, 'awaiting_payment', [allocation]);
          void desk.reserve(allocation);
        }
        return said;
      },
    });
    const report = await desk.reconcile({ repair: true });
    expect(report).toMatchObject({ complete: true, drifts: [], moving: [{ sku: SKU, shard: 0 }] });
    expect(nth).toBe(4);
    expect(desk.shards(SKU)[0]?.reserved).toBe(3 + nth);
  });

  it('does not repair a shard that moved after it was counted', async () => {
    let before: (() => void) | undefined;
    const desk = await shop({
      around({ operation, body }, answer) {
        if (operation === 'TransactWriteItems' && JSON.stringify(body).includes('stock.repaired')) before?.();
        return answer();
      },
    });
    desk.corrupt(SKU, 0, { reserved: 5 });
    before = () => {
      before = undefined;
      desk.corrupt(SKU, 0, { available: 6, reserved: 6, changes: 2 });
    };
    const report = await desk.reconcile({ repair: true });
    expect(report.drifts).toMatchObject([{ shard: 0, repaired: false }]);
    expect(desk.shards(SKU)[0]).toMatchObject({ reserved: 6 });
    expect((await desk.entries(SKU)).map(({ action }) => action)).toEqual(['product.created']);
    expect(desk.alerts()).toEqual([]);
  });

  it('does not look like the last one on all stock when it was of one product', async () => {
    const desk = await shop();
    expect((await desk.send('GET', '/admin/stock/report')).json).toMatchObject({ error: 'STOCK_REPORT_NOT_FOUND' });
    await desk.send('POST', '/admin/stock/reconcile', { sku: SKU });
    expect((await desk.send('GET', '/admin/stock/report')).statusCode).toBe(404);
    await desk.send('POST', '/admin/stock/reconcile', {});
    expect((await desk.send('GET', '/admin/stock/report')).json).toMatchObject({ shards: 3, by: 'key_tester' });
  });

  it('keeps of rivals the report of the one that began later', async () => {
    const desk = await shop();
    let meanwhile = async () => {
      meanwhile = async () => undefined;
      desk.corrupt(SKU, 0, { reserved: 1 });
      desk.clock.advance(1_000);
      await desk.lookOver();
    };
    await reconcileStock(
      {
        ...desk.reconciling,
        held: async () => {
          await meanwhile();
          return desk.reconciling.held();
        },
      },
      { repair: false, actor: 'key_slow', requestId: 'request-1' },
      desk.deadline(),
    );
    const { json } = await desk.send('GET', '/admin/stock/report');
    expect(json).toMatchObject({ by: 'stock-reconciler', drift_count: 1 });
  });

  it('says that it is not complete when time runs out', async () => {
    const desk = await shop();
    const late = Deadline.in(0, desk.clock.now);
    expect(await desk.reconcile({}, late)).toMatchObject({ complete: false, shards: 0, drifts: [] });
  });

  it('is asked for by its route, which needs the scope to change the catalog', async () => {
    const desk = await shop();
    desk.corrupt(SKU, 0, { reserved: 1 });
    const { statusCode, json } = await desk.send('POST', '/admin/stock/reconcile', { repair: true, sku: SKU });
    expect([statusCode, json]).toMatchObject([
      200,
      { complete: true, shards: 2, drifts: [{ sku: SKU, repaired: true }] },
    ]);
    expect(json.drifts[0]).not.toHaveProperty('changes');
    const refused = await desk.send('POST', '/admin/stock/reconcile', {}, { scopes: 'catalog:read' });
    expect(refused.statusCode).toBe(403);
    expect((await desk.send('POST', '/admin/stock/reconcile', { sku: 'NONE' })).statusCode).toBe(404);
  });
});

describe('a repair', () => {
  it.each([
    [{ available: 5, reserved: 3 }, 3, { available: 5, reserved: 3, missing: 0 }],
    [{ available: 5, reserved: 3 }, 0, { available: 8, reserved: 0, missing: 0 }],
    [{ available: 5, reserved: 3 }, 8, { available: 0, reserved: 8, missing: 0 }],
    [{ available: 5, reserved: 3 }, 9, { available: 0, reserved: 9, missing: 1 }],
  ])('of %j of which %i are held makes it %j', (counts, held, expected) => {
    const shard = { sku: SKU, shard: 0, sold: 0, offer: 1, on_sale: true, changes: 0, ...counts };
    expect(repairedCounts(shard, held)).toEqual(expected);
  });
});

describe('the schedule', () => {
  it('reports drift, which the monitor tells of, and repairs nothing', async () => {
    const desk = await shop();
    desk.corrupt(SKU, 0, { reserved: 1 });
    await desk.lookOver();
    expect(desk.shards(SKU)[0]?.reserved).toBe(1);
    expect(desk.alerts()).toEqual([]);
    expect(desk.metrics.counts()).toMatchObject({ StockDrift: 1, StockReconciled: 1 });
    expect(desk.log.of('STOCK_RECONCILED')).toMatchObject([{ complete: true, products: 2, shards: 3, drifts: 1 }]);
  });

  it('leaves its report for operators, and for nobody else', async () => {
    const desk = await shop();
    desk.corrupt(SKU, 0, { reserved: 1 });
    await desk.lookOver();
    const { statusCode, json } = await desk.send('GET', '/admin/stock/report', undefined, { scopes: 'catalog:write' });
    expect([statusCode, json]).toEqual([
      200,
      {
        ...{ checked_at: new Date(desk.clock.now()).toISOString(), complete: true, shards: 3, by: 'stock-reconciler' },
        drifts: [{ sku: SKU, shard: 0, counted: 1, expected: 3, repaired: false }],
        ...{ drift_count: 1, moving: [], moving_count: 0 },
      },
    ]);
    const refused = await desk.send('GET', '/admin/stock/report', undefined, { scopes: 'catalog:read' });
    expect(refused.statusCode).toBe(403);
    desk.corrupt(SKU, 0, { reserved: 3 });
    desk.clock.advance(3_600_000);
    await desk.lookOver();
    expect((await desk.send('GET', '/admin/stock/report')).json).toMatchObject({ drifts: [], drift_count: 0 });
  });

  it('leaves a report that is stored and shown however much has drifted, with as much of it as fits', async () => {
    const desk = await shop();
    const drifts = Array.from({ length: 10_000 }, (_, index) => ({
      ...{ sku: `${index}`.padStart(64, 'X'), shard: 15, counted: 1_000_000_000, expected: 999_999_999 },
      repaired: false,
    }));
    const report = { checked_at: '2026-11-22T12:00:00.000Z', complete: true, shards: 10_000, drifts, moving: drifts };
    await keepStockReport(desk.reconciling, report, { actor: 'stock-reconciler' }, desk.deadline());
    const row = desk.dynamo.items('shop').find(({ pk }) => JSON.stringify(pk).includes('STOCK_REPORT'));
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html: 400 KB an item.
    expect(itemBytes(itemSchema.parse(row))).toBeLessThan(400_000);
    const { json } = await desk.send('GET', '/admin/stock/report');
    expect([json.drifts.length, json.drift_count, json.moving.length, json.moving_count]).toEqual([
      500, 10_000, 500, 10_000,
    ]);
  });

  it('does not count a run that did not get through', async () => {
    const desk = await shop();
    await desk.lookOver(Deadline.in(0, desk.clock.now));
    expect(desk.metrics.counts()).not.toHaveProperty('StockReconciled');
    expect(desk.log.of('STOCK_RECONCILED')).toMatchObject([{ complete: false }]);
  });

  it('walks over more products than fit into one request', async () => {
    const desk = createCatalogDesk();
    const price = { amount: '1', currency: 'USD' };
    for (let index = 0; index < 120; index += 1) {
      await desk.send('POST', '/products', { sku: `P${index}`, name: 'P', price, stock_shards: 1 + (index % 3) });
    }
    expect(await desk.reconcile()).toMatchObject({ complete: true, shards: 240, drifts: [] });
  });
});
