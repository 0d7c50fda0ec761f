/** Keys of the catalog's items in the shop table. docs/data-model.md lists the access patterns they serve. */

/** A product. */
export function productKey(sku: string) {
  return { pk: `PRODUCT#${sku}`, sk: 'PRODUCT' };
}

/** A shard of a SKU's stock: a partition of its own, so that shards share no limit of writes. */
export function stockKey(sku: string, shard: number) {
  return { pk: `STOCK#${sku}#${shard}`, sk: 'STOCK' };
}

/** The partition of gsi1 that lists all products. */
export const ALL_PRODUCTS = 'PRODUCTS';

/** The partition of gsi2 that lists products that are on sale, or that are not. */
export function activityPartition(active: boolean): string {
  return `PRODUCTS#${active ? 'active' : 'inactive'}`;
}

/** The audit stream of a product and its stock. */
export function productStream(sku: string): string {
  return `product:${sku}`;
}
