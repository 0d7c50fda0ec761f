/**
 * A shard of a SKU's stock: a partition of its own, so that shards share no limit of writes. Who has this key can write stock, so that only
 * two modules may: `stock-transactions.ts`, which owns every write, and `product-reader.ts`, which reads (.dependency-cruiser.cjs).
 */
export function stockKey(sku: string, shard: number) {
  return { pk: `STOCK#${sku}#${shard}`, sk: 'STOCK' };
}
