import { describe, expect, it } from 'vitest';
import { CATALOG_STALENESS_SECONDS } from '#shared/catalog/freshness.ts';
import { AwsCallCounter } from '#shared/platform/aws/call-counter.ts';
import { createCatalogDesk } from '#test/support/fakes/catalog-desk.ts';
import { stocked, TEE } from '#test/support/fakes/stocked-catalog.ts';

describe('a product', () => {
  it('is created with its shards, its audit entry and the answer, in one transaction', async () => {
    const desk = createCatalogDesk();
    const { statusCode, json, headers } = await desk.send('POST', '/products', { ...TEE, stock_shards: 3 });
    expect([statusCode, headers['ETag']]).toEqual([201, '"v1"']);
    expect(json).toMatchObject({
      ...{ sku: 'TEE-M', name: 'Tee, medium', price: { amount: '2500', currency: 'USD' }, active: true },
      ...{ max_per_order: 5, low_stock_at: null, invoice_minutes: null, stock_shards: 3, version: 1 },
    });
    expect(json).not.toHaveProperty('audit_hash');
    expect(desk.aws.requests.map(({ operation }) => operation)).toEqual(['TransactWriteItems']);
    expect(desk.shards('TEE-M')).toMatchObject([
      { shard: 0, available: 17, reserved: 0, sold: 0, offer: 1, on_sale: true },
      { shard: 1, available: 17 },
      { shard: 2, available: 16 },
    ]);
    expect(await desk.entries('TEE-M')).toMatchObject([
      { action: 'product.created', actor: 'key_tester', detail: { sku: 'TEE-M', stock: 50 } },
    ]);
    expect(await desk.brokenAt('TEE-M')).toBeNull();
  });

  it('asked for twice with one Idempotency-Key is one product with one answer', async () => {
    const desk = createCatalogDesk();
    const first = await desk.send('POST', '/products', TEE, { key: 'k' });
    const again = await desk.send('POST', '/products', TEE, { key: 'k' });
    expect(again.headers['Idempotent-Replayed']).toBe('true');
    expect(again.json).toEqual(first.json);
    expect(desk.shards('TEE-M')).toHaveLength(1);
  });

  it('whose SKU is used is 409, and changes nothing of the one that has it', async () => {
    const desk = await stocked();
    const { statusCode, json } = await desk.send('POST', '/products', { ...TEE, name: 'Other', stock: 1 });
    expect([statusCode, json.error]).toEqual([409, 'PRODUCT_ALREADY_EXISTS']);
    expect([desk.product('TEE-M').name, desk.level('TEE-M').available]).toEqual(['Tee, medium', 50]);
  });

  it('has a SKU in which case counts, and none of another script that looks the same', async () => {
    const desk = await stocked();
    expect((await desk.send('POST', '/products', { ...TEE, sku: 'tee-m' })).statusCode).toBe(201);
    // Cyrillic Т.
    expect((await desk.send('POST', '/products', { ...TEE, sku: '\u0422EE-M' })).json.error).toBe('INVALID_PARAMETER');
  });
});

describe('changing a product', () => {
  it('raises the version, and the ETag with it', async () => {
    const desk = await stocked();
    const { json, headers } = await desk.send('PATCH', '/products/TEE-M', { name: 'Tee' });
    expect([json.version, json.name, headers['ETag']]).toEqual([2, 'Tee', '"v2"']);
    expect(await desk.entries('TEE-M')).toMatchObject([
      {},
      { action: 'product.changed', detail: { changes: { name: { from: 'Tee, medium', to: 'Tee' } } } },
    ]);
  });

  it.each([
    ['price', { price: { amount: '2600', currency: 'USD' } }, true],
    ['currency', { price: { amount: '2500', currency: 'EUR' } }, true],
    ['activity', { active: false }, false],
    ['limit', { max_per_order: 4 }, true],
  ])('in its %s changes the offer of every shard in the same transaction', async (_name, change, onSale) => {
    const desk = await stocked({ stock_shards: 4 });
    await desk.send('PATCH', '/products/TEE-M', change);
    expect(desk.product('TEE-M').offer).toBe(2);
    expect(desk.shards('TEE-M').map(({ offer, on_sale }) => [offer, on_sale])).toEqual(Array(4).fill([2, onSale]));
    // Who was shown the older offer can't buy under it.
    await expect(desk.reserve({ sku: 'TEE-M', shard: 0, quantity: 1 }, 1)).rejects.toThrow('somebody was first');
    expect(desk.shards('TEE-M').map(({ changes }) => changes)).toEqual([0, 0, 0, 0]);
  });

  it('in its name leaves the offer, so that no cart is refused for it', async () => {
    const desk = await stocked();
    await desk.send('PATCH', '/products/TEE-M', { name: 'Tee', low_stock_at: 3, invoice_minutes: 60 });
    expect([desk.product('TEE-M').offer, desk.shards('TEE-M')[0]?.offer]).toEqual([1, 1]);
  });

  it('BTCPay #961: editing settings does not reset live stock, whatever was sold since the editor was opened', async () => {
    const desk = await stocked();
    const opened = (await desk.send('GET', '/products/TEE-M')).json;
    await desk.reserve({ sku: 'TEE-M', shard: 0, quantity: 20 });
    await desk.sell({ sku: 'TEE-M', shard: 0, quantity: 5 });
    const { name, price, active, max_per_order, low_stock_at, invoice_minutes, stock_shards } = opened;
    await desk.send('PATCH', '/products/TEE-M', {
      ...{ name, price: { ...price, amount: '1' }, active, max_per_order, low_stock_at, invoice_minutes, stock_shards },
    });
    expect(desk.level('TEE-M')).toEqual({ on_hand: 45, available: 30, reserved: 15, sold: 5 });
    expect((await desk.send('PATCH', '/products/TEE-M', { stock: 50 })).json.error).toBe('UNKNOWN_FIELD');
  });

  it('to what it is already writes nothing', async () => {
    const desk = await stocked();
    const before = desk.aws.requests.length;
    const { json } = await desk.send('PATCH', '/products/TEE-M', { price: TEE.price, active: true, stock_shards: 1 });
    expect(json.version).toBe(1);
    expect(desk.aws.requests.slice(before).map(({ operation }) => operation)).toEqual(['BatchGetItem']);
  });

  it('honours If-Match', async () => {
    const desk = await stocked();
    await desk.send('PATCH', '/products/TEE-M', { name: 'Tee' });
    const late = await desk.send('PATCH', '/products/TEE-M', { name: 'Late' }, { ifMatch: '"v1"' });
    expect([late.statusCode, late.json.error]).toEqual([412, 'VERSION_MISMATCH']);
    expect((await desk.send('PATCH', '/products/TEE-M', { name: 'New' }, { ifMatch: '"v2"' })).json.version).toBe(3);
  });

  it('is not refused by If-Match because stock was adjusted meanwhile', async () => {
    const desk = await stocked();
    await desk.send('POST', '/products/TEE-M/stock-adjustments', { quantity: 1, reason: 'found one' });
    expect((await desk.send('PATCH', '/products/TEE-M', { name: 'Tee' }, { ifMatch: '"v1"' })).statusCode).toBe(200);
    expect((await desk.entries('TEE-M')).map(({ action }) => action)).toEqual([
      ...['product.created', 'stock.adjusted', 'product.changed'],
    ]);
    expect(await desk.brokenAt('TEE-M')).toBeNull();
  });

  it.each([
    ['PATCH', '/products/NONE', { name: 'x' }],
    ['GET', '/products/NONE', undefined],
    ['GET', '/products/NONE/stock', undefined],
    ['POST', '/products/NONE/stock-adjustments', { quantity: 1, reason: 'x' }],
  ])('%s %s is PRODUCT_NOT_FOUND', async (method, path, body) => {
    const { statusCode, json } = await createCatalogDesk().send(method, path, body);
    expect([statusCode, json.error]).toEqual([404, 'PRODUCT_NOT_FOUND']);
  });
});

describe('reading the catalog', () => {
  it('lists by how SKUs begin, newest first, with the other filters too, page by page', async () => {
    const desk = createCatalogDesk();
    for (const sku of ['TEE-S', 'MUG', 'TEE-M', 'TEA', 'TEE-L', 'tee-x']) {
      desk.clock.advance(1_000);
      await desk.send('POST', '/products', { ...TEE, sku, active: sku !== 'TEE-M' });
    }
    const list = async (query: Readonly<Record<string, readonly string[]>>, scopes = 'catalog:read') => {
      const { statusCode, body } = await desk.api.send({ path: '/products', scopes, query });
      const json: { data?: { sku: string }[]; next_cursor?: string | null } = JSON.parse(body);
      return { statusCode, skus: json.data?.map(({ sku }) => sku), cursor: json.next_cursor };
    };
    expect((await list({ sku_prefix: ['TEE'] })).skus).toEqual(['TEE-L', 'TEE-M', 'TEE-S']);
    expect((await list({ sku_prefix: ['TE'] })).skus).toEqual(['TEE-L', 'TEA', 'TEE-M', 'TEE-S']);
    expect((await list({ sku_prefix: ['TEE'], active: ['true'] })).skus).toEqual(['TEE-L', 'TEE-S']);
    expect((await list({ sku_prefix: ['TEE'], currency: ['EUR'] })).skus).toEqual([]);
    const first = await list({ sku_prefix: ['TEE'], limit: ['2'] });
    expect(first.skus).toEqual(['TEE-L', 'TEE-M']);
    const cursor = [first.cursor ?? ''];
    expect(await list({ sku_prefix: ['TEE'], limit: ['2'], cursor })).toMatchObject({ skus: ['TEE-S'], cursor: null });
    expect((await list({ sku_prefix: ['TE'], limit: ['2'], cursor })).statusCode).toBe(400);
    for (const prefix of ['', '-TEE', 'TEE M', 'X'.repeat(65)]) {
      expect((await list({ sku_prefix: [prefix] })).statusCode).toBe(400);
    }
  });

  it('reads the rows of no product whose SKU begins otherwise', async () => {
    const desk = createCatalogDesk();
    for (let index = 0; index < 120; index += 1) {
      desk.clock.advance(1_000);
      await desk.send('POST', '/products', { ...TEE, sku: index === 7 ? 'RARE' : `P${index}` });
    }
    const calls = new AwsCallCounter();
    calls.attach(desk.client);
    const { body } = await desk.api.send({ path: '/products', scopes: '*', query: { sku_prefix: ['RA'] } });
    expect(JSON.parse(body)).toMatchObject({ data: [{ sku: 'RARE' }], next_cursor: null });
    expect(calls.snapshot()).toEqual({ QueryCommand: 1, BatchGetItemCommand: 1 });
  });

  it('lists newest first, by activity and currency, page by page', async () => {
    const desk = createCatalogDesk();
    for (const [index, currency] of ['USD', 'EUR', 'USD', 'USD', 'EUR'].entries()) {
      desk.clock.advance(1_000);
      await desk.send('POST', '/products', {
        ...TEE,
        sku: `P${index}`,
        price: { amount: '1', currency },
        active: index !== 2,
      });
    }
    const skusOf = async (query: Readonly<Record<string, readonly string[]>>) => {
      const found: string[] = [];
      let cursor: string | null = null;
      do {
        const answer = await desk.api.send({
          ...{ path: '/products', scopes: 'catalog:read' },
          query: { ...query, limit: ['2'], ...(cursor === null ? {} : { cursor: [cursor] }) },
        });
        const page: { data: { sku: string }[]; next_cursor: string | null } = JSON.parse(answer.body);
        found.push(...page.data.map(({ sku }) => sku));
        cursor = page.next_cursor;
      } while (cursor !== null);
      return found;
    };
    expect(await skusOf({})).toEqual(['P4', 'P3', 'P2', 'P1', 'P0']);
    expect(await skusOf({ active: ['true'] })).toEqual(['P4', 'P3', 'P1', 'P0']);
    expect(await skusOf({ active: ['false'] })).toEqual(['P2']);
    expect(await skusOf({ currency: ['EUR'] })).toEqual(['P4', 'P1']);
    expect(await skusOf({ currency: ['USD'], active: ['true'] })).toEqual(['P3', 'P0']);
  });

  it('is never older than it says, and costs one read for all who only look', async () => {
    const desk = await stocked();
    const show = () => desk.send('GET', '/products/TEE-M', undefined, { scopes: 'catalog:read' });
    const before = desk.aws.requests.length;
    const first = await show();
    await Promise.all([show(), show(), show()]);
    expect(desk.aws.requests.length - before).toBe(1);
    expect(first.headers['Cache-Control']).toBe(`private, max-age=${CATALOG_STALENESS_SECONDS}`);
    await desk.send('PATCH', '/products/TEE-M', { name: 'Tee' });
    desk.clock.advance(CATALOG_STALENESS_SECONDS * 1_000 - 1);
    expect((await show()).json.version).toBe(1);
    desk.clock.advance(1);
    expect((await show()).json).toMatchObject({ version: 2, name: 'Tee' });
  });

  it('is what is true for who may change it', async () => {
    const desk = await stocked();
    const show = () => desk.send('GET', '/products/TEE-M', undefined, { scopes: 'catalog:read catalog:write' });
    expect((await show()).json.version).toBe(1);
    await desk.send('PATCH', '/products/TEE-M', { name: 'Tee' });
    expect((await show()).json.version).toBe(2);
  });

  it('answers 304 to who has it', async () => {
    const desk = await stocked();
    const request = { path: '/products/{sku}', params: { sku: 'TEE-M' }, scopes: 'catalog:read' };
    const { statusCode, body } = await desk.api.send({ ...request, headers: { 'If-None-Match': '"v1"' } });
    expect([statusCode, body]).toEqual([304, '']);
  });

  it('keeps no failure', async () => {
    let fails = true;
    const desk = createCatalogDesk({
      around: ({ operation }, answer) => (fails && operation === 'BatchGetItem' ? new Error('no') : answer()),
    });
    await desk.send('POST', '/products', TEE);
    const show = () => desk.send('GET', '/products/TEE-M', undefined, { scopes: 'catalog:read' });
    expect((await show()).statusCode).toBe(500);
    fails = false;
    expect((await show()).statusCode).toBe(200);
  });

  it('shows stock as it is now, from one request, whatever the number of shards', async () => {
    const desk = await stocked({ stock_shards: 4, low_stock_at: 10 });
    const ask = async () => {
      const before = desk.aws.requests.length;
      const { json, headers } = await desk.send('GET', '/products/TEE-M/stock', undefined, { scopes: 'catalog:read' });
      expect(desk.aws.requests.slice(before).map(({ operation }) => operation)).toEqual(['BatchGetItem']);
      expect(headers['Cache-Control']).toBe('no-store');
      return json;
    };
    expect(await ask()).toEqual({ sku: 'TEE-M', on_hand: 50, available: 50, reserved: 0, sold: 0, low_stock: false });
    await desk.reserve({ sku: 'TEE-M', shard: 3, quantity: 12 });
    await desk.sell({ sku: 'TEE-M', shard: 3, quantity: 2 });
    expect(await ask()).toEqual({ sku: 'TEE-M', on_hand: 48, available: 38, reserved: 10, sold: 2, low_stock: false });
  });
});
