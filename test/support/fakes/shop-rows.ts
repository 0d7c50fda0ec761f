import { productKey } from '#shared/catalog/catalog-keys.ts';
import { type Product, productSchema } from '#shared/catalog/product.ts';
import { type StockShard, stockShardSchema } from '#shared/catalog/stock.ts';
import { stockKey } from '#shared/catalog/stock-keys.ts';

const AT = '2026-11-21T18:00:00.000Z';

/** A product as it is stored, but for what a test says otherwise. */
export function storedProduct(changes: Partial<Product> = {}): Product {
  const shards = changes.stock_shards ?? 1;
  return productSchema.parse({
    id: 'prd_01JD8Q4X7M5N2V9C3R6T0W1YZA',
    sku: 'TEE-M',
    name: 'T-shirt',
    price: { amount: '2500', currency: 'USD' },
    active: true,
    max_per_order: 100,
    low_stock_at: null,
    invoice_minutes: null,
    offer: 1,
    stock_shards: shards,
    stock_rows: shards,
    created_at: AT,
    updated_at: AT,
    version: 1,
    audit_seq: 0,
    audit_hash: '',
    ...changes,
  });
}

/** The items of a product and its shards, stock spread over them as evenly as can be. */
export function productItems(changes: Partial<Product> = {}, stock = 50): readonly object[] {
  const product = storedProduct(changes);
  const { sku, offer, active, stock_rows: rows } = product;
  const shards = Array.from(
    { length: rows },
    (_, shard): StockShard =>
      stockShardSchema.parse({
        sku,
        shard,
        available: Math.floor(stock / rows) + (shard < stock % rows ? 1 : 0),
        reserved: 0,
        sold: 0,
        offer,
        on_sale: active,
        changes: 0,
      }),
  );
  return [{ ...productKey(sku), ...product }, ...shards.map((shard) => ({ ...stockKey(sku, shard.shard), ...shard }))];
}
