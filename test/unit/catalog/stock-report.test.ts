import { describe, expect, it } from 'vitest';
import { reconcileStock } from '#shared/catalog/reconcile-stock.ts';
import { keepStockReport } from '#shared/catalog/stock-report-row.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { createHeldStock, HELD_SKU } from '#test/support/fakes/held-stock.ts';
import { itemBytes, itemSchema } from '../../../bench/item-size.ts';

describe('the report of a reconciliation', () => {
  it('does not look like the last one on all stock when it was of one product', async () => {
    const desk = await createHeldStock();
    expect((await desk.send('GET', '/admin/stock/report')).json).toMatchObject({ error: 'STOCK_REPORT_NOT_FOUND' });
    await desk.send('POST', '/admin/stock/reconcile', { sku: HELD_SKU });
    expect((await desk.send('GET', '/admin/stock/report')).statusCode).toBe(404);
    await desk.send('POST', '/admin/stock/reconcile', {});
    expect((await desk.send('GET', '/admin/stock/report')).json).toMatchObject({ shards: 3, by: 'key_tester' });
  });

  it('keeps of rivals the report of the one that began later', async () => {
    const desk = await createHeldStock();
    let meanwhile = async () => {
      meanwhile = async () => undefined;
      desk.corrupt(HELD_SKU, 0, { reserved: 1 });
      desk.clock.advance(1_000);
      await desk.lookOver();
    };
    await reconcileStock(
      {
        ...desk.reconciling,
        async *held(until) {
          await meanwhile();
          yield* desk.reconciling.held(until);
        },
      },
      { repair: false, actor: 'key_slow', requestId: 'request-1' },
      desk.deadline(),
    );
    const { json } = await desk.send('GET', '/admin/stock/report');
    expect(json).toMatchObject({ by: 'stock-reconciler', drift_count: 1 });
  });

  it('leaves its report for operators, and for nobody else', async () => {
    const desk = await createHeldStock();
    desk.corrupt(HELD_SKU, 0, { reserved: 1 });
    await desk.lookOver();
    const { statusCode, json } = await desk.send('GET', '/admin/stock/report', undefined, { scopes: 'catalog:write' });
    expect([statusCode, json]).toEqual([
      200,
      {
        ...{ checked_at: new Date(desk.clock.now()).toISOString(), complete: true, shards: 3, by: 'stock-reconciler' },
        drifts: [{ sku: HELD_SKU, shard: 0, counted: 1, expected: 3, repaired: false }],
        ...{ drift_count: 1, moving: [], moving_count: 0 },
      },
    ]);
    const refused = await desk.send('GET', '/admin/stock/report', undefined, { scopes: 'catalog:read' });
    expect(refused.statusCode).toBe(403);
    desk.corrupt(HELD_SKU, 0, { reserved: 3 });
    desk.clock.advance(3_600_000);
    await desk.lookOver();
    expect((await desk.send('GET', '/admin/stock/report')).json).toMatchObject({ drifts: [], drift_count: 0 });
  });

  it('leaves a report that is stored and shown however much has drifted, with as much of it as fits', async () => {
    const desk = await createHeldStock();
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
});

describe('the schedule', () => {
  it('reports drift, which the monitor tells of, and repairs nothing', async () => {
    const desk = await createHeldStock();
    desk.corrupt(HELD_SKU, 0, { reserved: 1 });
    await desk.lookOver();
    expect(desk.shards(HELD_SKU)[0]?.reserved).toBe(1);
    expect(desk.alerts()).toEqual([]);
    expect(desk.metrics.counts()).toMatchObject({ StockDrift: 1, StockReconciled: 1 });
    expect(desk.log.of('STOCK_RECONCILED')).toMatchObject([{ complete: true, products: 2, shards: 3, drifts: 1 }]);
  });

  it('does not count a run that did not get through', async () => {
    const desk = await createHeldStock();
    await desk.lookOver(Deadline.in(0, desk.clock.now));
    expect(desk.metrics.counts()).not.toHaveProperty('StockReconciled');
    expect(desk.log.of('STOCK_RECONCILED')).toMatchObject([{ complete: false }]);
  });
});
