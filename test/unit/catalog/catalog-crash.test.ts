import { describe, expect, it } from 'vitest';
import { orderKey, statusPartition } from '#shared/orders/order-keys.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { type CatalogDesk, createCatalogDesk } from '#test/support/fakes/catalog-desk.ts';

const SKU = 'TEE-M';
const PRICE = { amount: '2500', currency: 'USD' };

/** What is cut off: a request on its way there, or the answer on its way back. */
type Lost = 'request' | 'answer';

/** A desk whose connection breaks at one request, counted from when it is armed. */
function fragile() {
  let countdown = 0;
  let lost: Lost = 'request';
  let requests = 0;
  const desk = createCatalogDesk({
    around(_request, answer) {
      requests += 1;
      countdown -= 1;
      if (countdown !== 0) return answer();
      if (lost === 'answer') answer();
      return new Error('cut off');
    },
  });
  return {
    desk,
    requests: () => requests,
    breakAt(at: number, what: Lost) {
      countdown = at;
      lost = what;
    },
  };
}

interface Operation {
  readonly name: string;
  /** Before it: a product, unless it makes one. */
  readonly prepare: (desk: CatalogDesk) => Promise<void>;
  readonly run: (desk: CatalogDesk) => Promise<{ readonly statusCode: number }>;
  /** What is so after it was done, once. */
  readonly expectDone: (desk: CatalogDesk) => Promise<void>;
}

const product = async (desk: CatalogDesk) => {
  const more = { stock: 20, stock_shards: 2, low_stock_at: 5 };
  await desk.send('POST', '/products', { sku: SKU, name: 'Tee', price: PRICE, ...more }, { key: 'prepared' });
  await desk.reserve({ sku: SKU, shard: 0, quantity: 3 });
  const allocations = [{ sku: SKU, shard: 0, quantity: 3 }];
  const lines = [{ sku: SKU, name: 'Tee', quantity: 3, unit_price: PRICE, allocations }];
  const gsi2 = { gsi2pk: statusPartition('paid'), gsi2sk: 'ord_1' };
  desk.dynamo.put('shop', { ...orderKey('ord_1'), id: 'ord_1', status: 'paid', stock: 'reserved', lines, ...gsi2 });
};
const actions = async (desk: CatalogDesk) => (await desk.entries(SKU)).map(({ action }) => action);

const OPERATIONS: readonly Operation[] = [
  {
    name: 'creating a product',
    prepare: async () => undefined,
    run: (desk) =>
      desk.send('POST', '/products', { sku: SKU, name: 'Tee', price: PRICE, stock: 7, stock_shards: 3 }, { key: 'k' }),
    async expectDone(desk) {
      expect(desk.shards(SKU).map(({ available }) => available)).toEqual([3, 2, 2]);
      expect(await actions(desk)).toEqual(['product.created']);
    },
  },
  {
    name: 'another price with other shards',
    prepare: product,
    run: (desk) =>
      desk.send('PATCH', `/products/${SKU}`, { price: { ...PRICE, amount: '1' }, stock_shards: 4, low_stock_at: 17 }),
    async expectDone(desk) {
      expect(desk.product(SKU)).toMatchObject({ version: 2, offer: 2, stock_shards: 4, stock_rows: 4 });
      expect(desk.shards(SKU).map(({ offer, available }) => [offer, available])).toEqual([
        ...[
          [2, 5],
          [2, 4],
          [2, 4],
          [2, 4],
        ],
      ]);
      expect(await actions(desk)).toEqual(['product.created', 'product.changed']);
    },
  },
  {
    name: 'an adjustment that makes stock low',
    prepare: product,
    run: (desk) =>
      desk.send('POST', `/products/${SKU}/stock-adjustments`, { quantity: -14, reason: 'broken' }, { key: 'k' }),
    async expectDone(desk) {
      expect(desk.level(SKU)).toEqual({ on_hand: 6, available: 3, reserved: 3, sold: 0 });
      expect(await actions(desk)).toEqual(['product.created', 'stock.adjusted']);
      await desk.lookOver();
      expect(desk.alerts().map(({ dedupe_key }) => dedupe_key)).toEqual([
        `low-stock:${SKU}:${isoTime(desk.clock.now())}`,
      ]);
    },
  },
  {
    name: 'a repair',
    async prepare(desk) {
      await product(desk);
      desk.corrupt(SKU, 0, { available: 12, reserved: 1 });
    },
    run: (desk) => desk.send('POST', '/admin/stock/reconcile', { repair: true }),
    async expectDone(desk) {
      expect(desk.shards(SKU)[0]).toMatchObject({ available: 10, reserved: 3 });
      expect(await actions(desk)).toEqual(['product.created', 'stock.repaired']);
      expect(desk.alerts().map(({ category }) => category)).toEqual(['stock_drift']);
    },
  },
];

/** What must hold whenever somebody looks. */
async function expectLaws(desk: CatalogDesk) {
  const shards = desk.shards(SKU);
  for (const { available, reserved, sold } of shards)
    expect(Math.min(available, reserved, sold)).toBeGreaterThanOrEqual(0);
  if (shards.length === 0) {
    expect(desk.dynamo.items('audit')).toEqual([]);
    return;
  }
  expect(shards).toHaveLength(desk.product(SKU).stock_rows);
  expect(new Set(shards.map(({ offer }) => offer))).toEqual(new Set([desk.product(SKU).offer]));
  expect(await desk.brokenAt(SKU)).toBeNull();
}

describe.each(OPERATIONS)('$name', ({ prepare, run, expectDone }) => {
  async function started() {
    const bench = fragile();
    await prepare(bench.desk);
    return { ...bench, before: bench.requests() };
  }

  it.each(['request', 'answer'] as const)(
    'cut off at any request in turn, its %s lost, is done wholly or not at all, and asked for again is done once',
    async (lost) => {
      const whole = await started();
      expect((await run(whole.desk)).statusCode).toBeLessThan(300);
      const points = whole.requests() - whole.before;
      expect(points).toBeGreaterThan(0);
      for (let at = 1; at <= points; at += 1) {
        const { desk, breakAt } = await started();
        breakAt(at, lost);
        await run(desk);
        await expectLaws(desk);
        expect((await run(desk)).statusCode).toBeLessThan(300);
        await expectLaws(desk);
        await expectDone(desk);
      }
    },
  );
});
