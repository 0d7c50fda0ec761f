import { describe, expect, it } from 'vitest';
import { type LowStock, nextLowStock } from '#shared/catalog/low-stock.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { createCatalogDesk } from '#test/support/fakes/catalog-desk.ts';
import { createHearer } from '#test/support/fakes/hearer.ts';

const SKU = 'TEE-M';
const AT = '2026-11-22T12:00:00.000Z';
const OPEN: LowStock = {
  ...{ sku: SKU, state: 'open', available: 3, low_stock_at: 5, opened_at: AT, resolved_at: null, version: 1 },
};
const RESOLVED: LowStock = { ...OPEN, state: 'resolved', resolved_at: AT, version: 2 };

describe('the condition of low stock', () => {
  it.each([
    ['opens at the threshold', undefined, 5, 5, 'open'],
    ['opens at none left', undefined, 0, 0, 'open'],
    ['stays closed above it', undefined, 6, 5, undefined],
    ['stays open while it is so', OPEN, 1, 5, undefined],
    ['is resolved above it', OPEN, 6, 5, 'resolved'],
    ['is resolved when nobody wants to know', OPEN, 0, null, 'resolved'],
    ['opens anew', RESOLVED, 5, 5, 'open'],
    ['stays resolved', RESOLVED, 6, 5, undefined],
    ['never opens without a threshold', undefined, 0, null, undefined],
  ] as const)('%s', (_name, before, available, lowStockAt, state) => {
    const after = nextLowStock(before, { sku: SKU, available, lowStockAt }, AT);
    expect(after?.state).toBe(state);
    if (after !== undefined) expect(after.version).toBe((before?.version ?? 0) + 1);
  });
});

/** A desk with one product of ten pieces, low at four. */
async function watched() {
  const desk = createCatalogDesk();
  const price = { amount: '1', currency: 'USD' };
  await desk.send('POST', '/products', { sku: SKU, name: 'Tee', price, stock: 10, low_stock_at: 4, stock_shards: 2 });
  return desk;
}

describe('low stock', () => {
  it('that buyers caused is noted by the schedule, with one alert however often it looks', async () => {
    const desk = await watched();
    await desk.lookOver();
    expect(desk.alerts()).toEqual([]);
    await desk.reserve({ sku: SKU, shard: 0, quantity: 5 });
    await desk.sell({ sku: SKU, shard: 0, quantity: 5 });
    await desk.reserve({ sku: SKU, shard: 1, quantity: 1 });
    await desk.sell({ sku: SKU, shard: 1, quantity: 1 });
    const opened_at = isoTime(desk.clock.now());
    await desk.lookOver();
    desk.clock.advance(60_000);
    await desk.lookOver();
    expect(desk.alerts()).toMatchObject([
      {
        category: 'alarm',
        severity: 'WARNING',
        dedupe_key: `low-stock:${SKU}:${opened_at}`,
        details: { available: 4, low_stock_at: 4 },
      },
    ]);
    expect(desk.rows('LOW_STOCK#')).toMatchObject([{ state: 'open', available: 4, version: 1 }]);
  });

  it('that an adjustment causes or ends is noted with it', async () => {
    const desk = await watched();
    const adjust = (quantity: number) =>
      desk.send('POST', `/products/${SKU}/stock-adjustments`, { quantity, reason: 'counted' });
    await adjust(-6);
    expect(desk.rows('LOW_STOCK#')).toMatchObject([{ state: 'open', available: 4 }]);
    await adjust(1);
    expect(desk.rows('LOW_STOCK#')).toMatchObject([{ state: 'resolved', available: 5 }]);
    await adjust(-1);
    expect(desk.alerts()).toHaveLength(2);
  });

  it('that comes again soon after it was over is told again, and while it is so it is told once', async () => {
    const desk = await watched();
    const hearer = createHearer(desk);
    const adjust = (quantity: number) =>
      desk.send('POST', `/products/${SKU}/stock-adjustments`, { quantity, reason: 'counted' });
    await adjust(-6);
    await hearer.minutes(2);
    await adjust(-1);
    await desk.lookOver();
    expect(await hearer.hears()).toEqual([`WARNING Stock of ${SKU} is low: 4 available`]);
    await adjust(5);
    await hearer.minutes(2);
    await adjust(-7);
    await desk.lookOver();
    expect(await hearer.hears()).toEqual([`WARNING Stock of ${SKU} is low: 1 available`]);
  });

  it('that another threshold causes is noted with the change', async () => {
    const desk = await watched();
    await desk.send('PATCH', `/products/${SKU}`, { low_stock_at: 10 });
    expect(desk.rows('LOW_STOCK#')).toMatchObject([{ state: 'open', low_stock_at: 10 }]);
    await desk.send('PATCH', `/products/${SKU}`, { low_stock_at: null });
    expect(desk.rows('LOW_STOCK#')).toMatchObject([{ state: 'resolved', low_stock_at: null }]);
  });

  it('that can not be noted does not fail the adjustment: it is logged, and the schedule sees to it', async () => {
    let fails = false;
    const desk = createCatalogDesk({
      around: ({ body }, answer) => (fails && JSON.stringify(body).includes('LOW_STOCK#') ? new Error('no') : answer()),
    });
    const price = { amount: '1', currency: 'USD' };
    await desk.send('POST', '/products', { sku: SKU, name: 'Tee', price, stock: 10, low_stock_at: 4 });
    fails = true;
    const body = { quantity: -8, reason: 'broken' };
    expect((await desk.send('POST', `/products/${SKU}/stock-adjustments`, body)).statusCode).toBe(201);
    expect(desk.log.of('LOW_STOCK_NOT_NOTED')).toHaveLength(1);
    fails = false;
    await desk.lookOver();
    expect(desk.rows('LOW_STOCK#')).toMatchObject([{ state: 'open', available: 2 }]);
  });
});
