/** Keys of the catalog's items in the shop table. docs/data-model.md lists the access patterns they serve. */

/** A product. */
export function productKey(sku: string) {
  return { pk: `PRODUCT#${sku}`, sk: 'PRODUCT' };
}

/** The partition of gsi1 that lists all products. */
export const ALL_PRODUCTS = 'PRODUCTS';

/** The partition of gsi2 that lists products that are on sale, or that are not. */
export function activityPartition(active: boolean): string {
  return `PRODUCTS#${active ? 'active' : 'inactive'}`;
}

/** The partition of gsi3 that lists products by the currency of their price. */
export function currencyPartition(currency: string): string {
  return `PRODUCTS#${currency}`;
}

/** Whether the stock of a product is low: while it is so, and afterwards how it was. */
export function lowStockKey(sku: string) {
  return { pk: `LOW_STOCK#${sku}`, sk: 'LOW_STOCK' };
}

/** The last report on all stock. */
export const STOCK_REPORT_KEY = { pk: 'STOCK_REPORT', sk: 'STOCK_REPORT' } as const;

/** The audit stream of a product and its stock. */
export function productStream(sku: string): string {
  return `product:${sku}`;
}
