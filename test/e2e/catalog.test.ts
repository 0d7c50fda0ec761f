import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { callAsScheduled, clientWith, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { checkShopAfterAll } from '#test/support/shop-check.ts';

checkShopAfterAll('E2E-');

let haven: LocalHaven;
beforeAll(() => {
  haven = localHaven();
});

const newSku = () => `E2E-${randomUUID().slice(0, 8)}`;

/** A product of ten pieces. */
async function newProduct(more: object = {}) {
  const sku = newSku();
  const price = { amount: '2500', currency: 'USD' };
  await haven.client.createProduct({ body: { sku, name: 'Tee', price, stock: 10, ...more } });
  return sku;
}

describe('the catalog, deployed', () => {
  it('creates, shows, changes and lists products, and shows and adjusts their stock', async () => {
    const sku = await newProduct({ stock_shards: 3, max_per_order: 5 });
    expect(await haven.client.getProduct({ params: { sku } })).toMatchObject({ sku, version: 1, max_per_order: 5 });
    expect(await haven.client.getStock({ params: { sku } })).toMatchObject({ on_hand: 10, available: 10, reserved: 0 });
    const changed = await haven.client.changeProduct({
      params: { sku },
      body: { price: { amount: '2600', currency: 'EUR' }, stock_shards: 5, low_stock_at: 3 },
      ifMatch: '"v1"',
    });
    expect(changed).toMatchObject({ version: 2, price: { amount: '2600', currency: 'EUR' }, stock_shards: 5 });
    await haven.client.adjustStock({ params: { sku }, body: { quantity: -8, reason: 'broken' } });
    expect(await haven.client.getStock({ params: { sku } })).toMatchObject({
      on_hand: 2,
      available: 2,
      low_stock: true,
    });
    await expect(
      haven.client.adjustStock({ params: { sku }, body: { quantity: -3, reason: 'broken' } }),
    ).rejects.toMatchObject({ status: 409, code: 'OUT_OF_STOCK' });
    const { data } = await haven.client.listProducts({ query: { currency: 'EUR', active: 'true', limit: 100 } });
    expect(data.map((product) => product.sku)).toContain(sku);
    const own = await haven.client.listProducts({ query: { sku_prefix: sku.slice(0, -1), currency: 'EUR' } });
    expect(own.data.map((product) => product.sku)).toEqual([sku]);
    const audit = await haven.client.verifyAudit({ body: { sku } });
    expect(audit).toMatchObject({ stream: `product:${sku}`, verified: true, entries: 3 });
  });

  it('says what may be kept and for how long, and answers 304 to who has it', async () => {
    const sku = await newProduct();
    const ask = (headers: Readonly<Record<string, string>> = {}) =>
      fetch(`${haven.info.apiUrl}/products/${sku}`, {
        headers: { Authorization: `Bearer ${haven.info.adminApiKey}`, ...headers },
      });
    const first = await ask();
    expect([first.headers.get('etag'), first.headers.get('cache-control')]).toEqual(['"v1"', 'private, max-age=5']);
    const again = await ask({ 'If-None-Match': '"v1"' });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  it('lets a key of a storefront look, and nothing else', async () => {
    const sku = await newProduct();
    const { key } = await haven.client.createApiKey({ body: { name: 'storefront', scopes: ['catalog:read'] } });
    const storefront = clientWith(haven.info, key ?? '');
    expect(await storefront.getProduct({ params: { sku } })).toMatchObject({ sku });
    expect(await storefront.getStock({ params: { sku } })).toMatchObject({ available: 10 });
    await expect(storefront.changeProduct({ params: { sku }, body: { active: false } })).rejects.toMatchObject({
      status: 403,
    });
    await expect(storefront.reconcileStock({ body: { sku } })).rejects.toMatchObject({ status: 403 });
  });

  it('is looked over by its schedule, which finds no drift', async () => {
    const sku = await newProduct({ low_stock_at: 10 });
    await callAsScheduled(haven, 'stock-reconciler');
    const report = await haven.client.reconcileStock({ body: { sku } });
    expect(report).toMatchObject({ complete: true, shards: 1, drifts: [], moving: [] });
  });

  it('shows operators the report of that run, and no storefront', async () => {
    await newProduct();
    const startedAt = new Date().toISOString();
    await callAsScheduled(haven, 'stock-reconciler');
    const report = await haven.client.getStockReport();
    expect(report).toMatchObject({ complete: true, by: 'stock-reconciler' });
    expect(report.checked_at > startedAt).toBe(true);
    expect(report.shards).toBeGreaterThan(0);
    const { key } = await haven.client.createApiKey({ body: { name: 'storefront', scopes: ['catalog:read'] } });
    await expect(clientWith(haven.info, key ?? '').getStockReport()).rejects.toMatchObject({ status: 403 });
  });
});
