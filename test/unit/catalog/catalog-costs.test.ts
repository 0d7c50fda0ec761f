import { expect, it } from 'vitest';
import { AwsCallCounter } from '#shared/platform/aws/call-counter.ts';
import { type CatalogDesk, createCatalogDesk } from '#test/support/fakes/catalog-desk.ts';
import { CapacityRecorder } from '../../../bench/capacity-recorder.ts';
import { itemSchema } from '../../../bench/item-size.ts';

const SKU = 'TEE-M';
const PRODUCT = {
  sku: SKU,
  name: 'Tee, medium',
  price: { amount: '2500', currency: 'USD' },
  stock: 50,
  max_per_order: 5,
};

const KEYS: Readonly<Record<string, readonly string[]>> = {
  shop: ['pk', 'sk'],
  audit: ['pk', 'seq'],
  logs: ['pk', 'sk'],
  ephemeral: ['pk'],
};
const INDEXES: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  shop: [
    ['gsi1pk', 'gsi1sk'],
    ['gsi2pk', 'gsi2sk'],
    ['gsi3pk', 'gsi3sk'],
  ],
  audit: [
    ['gsi1pk', 'position'],
    ['gsi2pk', 'position'],
    ['gsi3pk', 'position'],
    ['gsi4pk', 'position'],
  ],
};

/** A desk whose calls and units are counted from when it is asked to; units by the model of the benches. */
async function metered(product: object = {}) {
  const desk = createCatalogDesk();
  await desk.send('POST', '/products', { ...PRODUCT, ...product });
  const calls = new AwsCallCounter();
  const units = new CapacityRecorder({
    shape: async (table) => ({
      keys: KEYS[table] ?? [],
      indexes: (INDEXES[table] ?? []).map((keys, index) => ({ name: `gsi${index + 1}`, keys })),
    }),
    read: async (table, key) => {
      const found = desk.dynamo
        .items(table)
        .find((item) =>
          Object.entries(key).every(([name, value]) => JSON.stringify(item[name]) === JSON.stringify(value)),
        );
      return found === undefined ? undefined : itemSchema.parse(found);
    },
  });
  units.attach(desk.client);
  calls.attach(desk.client);
  const take = () => {
    const counted = calls.snapshot();
    calls.reset();
    const { tableWriteUnits, indexWriteUnits, readUnits } = units.take();
    return { calls: counted, write: tableWriteUnits + indexWriteUnits, read: readUnits };
  };
  return { desk, take };
}

const READ = { BatchGetItemCommand: 1 };
const WRITE = { TransactWriteItemsCommand: 1 };

interface Costed {
  readonly name: string;
  readonly run: (desk: CatalogDesk) => Promise<{ readonly statusCode: number }>;
  readonly cost: { readonly calls: object; readonly write: number; readonly read: number };
  /** What is said of the product that is there before. */
  readonly product?: object;
}

const ROUTES: readonly Costed[] = [
  {
    // Answer, product, entry and a shard, two units each; three entries of the product's in indexes, two of the audit's.
    name: 'creating a product',
    run: (desk) => desk.send('POST', '/products', { ...PRODUCT, sku: 'MUG' }),
    cost: { calls: WRITE, write: 13, read: 0 },
  },
  {
    name: 'showing a product',
    run: (desk) => desk.send('GET', `/products/${SKU}`),
    cost: { calls: READ, write: 0, read: 1 },
  },
  {
    name: 'listing products',
    run: (desk) => desk.send('GET', '/products'),
    cost: { calls: { QueryCommand: 1, ...READ }, write: 0, read: 1.5 },
  },
  {
    // Product, and 16 rows that may be there; from then on as many as there are.
    name: 'showing stock for the first time',
    run: (desk) => desk.send('GET', `/products/${SKU}/stock`),
    cost: { calls: READ, write: 0, read: 17 },
  },
  {
    // Product and entry; two entries of the audit's in indexes.
    name: 'another name',
    run: (desk) => desk.send('PATCH', `/products/${SKU}`, { name: 'Tee' }),
    cost: { calls: { ...READ, ...WRITE }, write: 6, read: 17 },
  },
  {
    // The same, and two units for each shard.
    name: 'another price with four shards',
    run: (desk) => desk.send('PATCH', `/products/${SKU}`, { price: { amount: '1', currency: 'USD' } }),
    cost: { calls: { ...READ, ...WRITE }, write: 14, read: 17 },
    product: { stock_shards: 4 },
  },
  {
    name: 'an adjustment of one shard',
    run: (desk) => desk.send('POST', `/products/${SKU}/stock-adjustments`, { quantity: 5, reason: 'delivery' }),
    cost: { calls: { ...READ, ...WRITE }, write: 10, read: 17 },
  },
];

it.each(ROUTES)('$name takes these calls and units', async ({ run, cost, product }) => {
  const { desk, take } = await metered(product);
  expect((await run(desk)).statusCode).toBeLessThan(300);
  expect(take()).toEqual(cost);
});

it.each([1, 4, 16])(
  'showing stock in %i shards again takes one call, and a read unit for each and for the product',
  async (stock_shards) => {
    const { desk, take } = await metered({ stock_shards });
    await desk.send('GET', `/products/${SKU}/stock`);
    take();
    await desk.send('GET', `/products/${SKU}/stock`);
    expect(take()).toEqual({ calls: READ, write: 0, read: 1 + stock_shards });
  },
);

it('showing a product again within its bound takes nothing', async () => {
  const { desk, take } = await metered();
  const show = () => desk.send('GET', `/products/${SKU}`, undefined, { scopes: 'catalog:read' });
  await show();
  take();
  await show();
  expect(take()).toEqual({ calls: {}, write: 0, read: 0 });
});
