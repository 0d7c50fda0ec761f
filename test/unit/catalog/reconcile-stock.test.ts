import { describe, expect, it } from 'vitest';
import { repairedCounts } from '#shared/catalog/recount.ts';
import { addRow, noRows } from '#shared/integrity/shop-rows.ts';
import { cameInBy, stockFindings } from '#shared/integrity/stock-rules.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { createCatalogDesk } from '#test/support/fakes/catalog-desk.ts';
import { createHeldStock, HELD_SKU, holdInOrder } from '#test/support/fakes/held-stock.ts';

describe('a reconciliation', () => {
  it('finds nothing where counts are what open orders and carts hold', async () => {
    const desk = await createHeldStock();
    expect(await desk.reconcile()).toMatchObject({ complete: true, shards: 3, drifts: [], moving: [] });
    expect(desk.alerts()).toEqual([]);
  });

  it('Medusa #12401, #15397: names a shard that counts more or fewer than are held, and repairs it only when told', async () => {
    const desk = await createHeldStock();
    desk.corrupt(HELD_SKU, 0, { reserved: 1 });
    desk.corrupt(HELD_SKU, 1, { reserved: 7 });
    const drifts = [
      { sku: HELD_SKU, shard: 0, counted: 1, expected: 3, repaired: false },
      { sku: HELD_SKU, shard: 1, counted: 7, expected: 3, repaired: false },
    ];
    expect((await desk.reconcile()).drifts).toMatchObject(drifts);
    expect(desk.shards(HELD_SKU).map(({ reserved }) => reserved)).toEqual([1, 7]);
    const repaired = await desk.reconcile({ repair: true });
    expect(repaired.drifts).toMatchObject(drifts.map((drift) => ({ ...drift, repaired: true })));
    expect(desk.shards(HELD_SKU).map(({ reserved }) => reserved)).toEqual([3, 3]);
    // What is on hand is what it was: 7 + 1 and 7 + 7.
    expect(desk.shards(HELD_SKU).map(({ available, reserved }) => available + reserved)).toEqual([8, 14]);
    expect((await desk.reconcile()).drifts).toEqual([]);
    expect((await desk.entries(HELD_SKU)).at(-1)).toMatchObject({
      ...{ action: 'stock.repaired', actor: 'key_tester', severity: 'WARNING' },
      detail: {
        shards: [
          { shard: 0, expected: 3, missing: 0 },
          { shard: 1, expected: 3, missing: 0 },
        ],
      },
    });
    expect(await desk.brokenAt(HELD_SKU)).toBeNull();
    expect(desk.alerts()).toMatchObject([
      {
        category: 'stock_drift',
        severity: 'ERROR',
        dedupe_key: `stock-drift:${HELD_SKU}`,
        details: { sku: HELD_SKU, repaired: true },
      },
    ]);
  });

  it('says so when orders hold more than is on hand: nothing is available then, never less', async () => {
    const desk = await createHeldStock();
    desk.corrupt(HELD_SKU, 0, { available: 1, reserved: 0 });
    await desk.reconcile({ repair: true });
    expect(desk.shards(HELD_SKU)[0]).toMatchObject({ available: 0, reserved: 3 });
    expect(desk.alerts()).toMatchObject([{ severity: 'CRITICAL', details: { missing: 2 } }]);
  });

  it('leaves a shop in which what is on hand came in, though it found more promised than there was', async () => {
    const desk = await createHeldStock();
    const onHand = async () => {
      const rows = noRows();
      for (const prefix of ['PRODUCT#', 'STOCK#']) for (const row of desk.rows(prefix)) addRow(rows, row);
      const skus = [...rows.products.keys()];
      const cameIn = new Map<string, number>();
      for (const sku of skus) cameIn.set(sku, cameInBy(await desk.entries(sku)));
      return stockFindings(rows, cameIn).filter(({ rule }) => rule === 'on_hand');
    };
    // As many as before, in another shard than the orders that hold them.
    desk.corrupt(HELD_SKU, 0, { available: 1, reserved: 0 });
    desk.corrupt(HELD_SKU, 1, { available: 16 });
    expect(await onHand()).toEqual([]);
    await desk.reconcile({ repair: true });
    expect(desk.alerts()).toMatchObject([{ details: { missing: 2 } }]);
    expect(desk.level(HELD_SKU)).toMatchObject({ on_hand: 22 });
    expect(await onHand()).toEqual([]);
    // Pieces that are lost are still lost.
    desk.corrupt(HELD_SKU, 1, { available: 15 });
    expect(await onHand()).toMatchObject([{ of: HELD_SKU }]);
  });

  it('looks at one product only when asked to', async () => {
    const desk = await createHeldStock();
    desk.corrupt(HELD_SKU, 0, { reserved: 1 });
    desk.corrupt('MUG', 0, { reserved: 1 });
    expect((await desk.reconcile({ sku: 'MUG', repair: true })).drifts).toMatchObject([{ sku: 'MUG', repaired: true }]);
    expect(desk.shards(HELD_SKU)[0]?.reserved).toBe(1);
    await expect(desk.reconcile({ sku: 'NONE' })).rejects.toMatchObject({ code: 'PRODUCT_NOT_FOUND' });
  });

  it('takes no order for drift that is placed while it looks', async () => {
    let looks = 0;
    const desk = await createHeldStock({
      around({ operation, body }, answer) {
        const said = answer();
        // After the shards were read, and before the orders are.
        if (operation === 'Query' && JSON.stringify(body).includes('HOLDING_CARTS')) {
          looks += 1;
          if (looks === 1) {
            holdInOrder(desk, 'ord_5', 'awaiting_payment', [{ sku: HELD_SKU, shard: 0, quantity: 4 }]);
            void desk.reserve({ sku: HELD_SKU, shard: 0, quantity: 4 });
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
    const desk = await createHeldStock({
      around({ operation, body }, answer) {
        const said = answer();
        if (operation === 'Query' && JSON.stringify(body).includes('HOLDING_CARTS')) {
          nth += 1;
          const allocation = { sku: HELD_SKU, shard: 0, quantity: 1 };
          holdInOrder(desk, `ord_1${nth}`, 'awaiting_payment', [allocation]);
          void desk.reserve(allocation);
        }
        return said;
      },
    });
    const report = await desk.reconcile({ repair: true });
    expect(report).toMatchObject({ complete: true, drifts: [], moving: [{ sku: HELD_SKU, shard: 0 }] });
    expect(nth).toBe(4);
    expect(desk.shards(HELD_SKU)[0]?.reserved).toBe(3 + nth);
  });

  it('does not repair a shard that moved after it was counted', async () => {
    let before: (() => void) | undefined;
    const desk = await createHeldStock({
      around({ operation, body }, answer) {
        if (operation === 'TransactWriteItems' && JSON.stringify(body).includes('stock.repaired')) before?.();
        return answer();
      },
    });
    desk.corrupt(HELD_SKU, 0, { reserved: 5 });
    before = () => {
      before = undefined;
      desk.corrupt(HELD_SKU, 0, { available: 6, reserved: 6, changes: 2 });
    };
    const report = await desk.reconcile({ repair: true });
    expect(report.drifts).toMatchObject([{ shard: 0, repaired: false }]);
    expect(desk.shards(HELD_SKU)[0]).toMatchObject({ reserved: 6 });
    expect((await desk.entries(HELD_SKU)).map(({ action }) => action)).toEqual(['product.created']);
    expect(desk.alerts()).toEqual([]);
  });

  it('says that it is not complete when time runs out', async () => {
    const desk = await createHeldStock();
    const late = Deadline.in(0, desk.clock.now);
    expect(await desk.reconcile({}, late)).toMatchObject({ complete: false, shards: 0, drifts: [] });
  });

  it('is asked for by its route, which needs the scope to change the catalog', async () => {
    const desk = await createHeldStock();
    desk.corrupt(HELD_SKU, 0, { reserved: 1 });
    const { statusCode, json } = await desk.send('POST', '/admin/stock/reconcile', { repair: true, sku: HELD_SKU });
    expect([statusCode, json]).toMatchObject([
      200,
      { complete: true, shards: 2, drifts: [{ sku: HELD_SKU, repaired: true }] },
    ]);
    expect(json.drifts[0]).not.toHaveProperty('changes');
    const refused = await desk.send('POST', '/admin/stock/reconcile', {}, { scopes: 'catalog:read' });
    expect(refused.statusCode).toBe(403);
    expect((await desk.send('POST', '/admin/stock/reconcile', { sku: 'NONE' })).statusCode).toBe(404);
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

describe('a repair', () => {
  it.each([
    [{ available: 5, reserved: 3 }, 3, { available: 5, reserved: 3, missing: 0 }],
    [{ available: 5, reserved: 3 }, 0, { available: 8, reserved: 0, missing: 0 }],
    [{ available: 5, reserved: 3 }, 8, { available: 0, reserved: 8, missing: 0 }],
    [{ available: 5, reserved: 3 }, 9, { available: 0, reserved: 9, missing: 1 }],
  ])('of %j of which %i are held makes it %j', (counts, held, expected) => {
    const shard = { sku: HELD_SKU, shard: 0, sold: 0, offer: 1, on_sale: true, changes: 0, ...counts };
    expect(repairedCounts(shard, held)).toEqual(expected);
  });
});
