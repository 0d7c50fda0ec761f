import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { MAX_STOCK_SHARDS } from './product.ts';
import type { ProductReader, StockedProduct } from './product-reader.ts';

/**
 * Reads a product with all its shards, strongly consistent and in one request, however many there are: a row that is not there costs a
 * read unit, but only those who change a catalog read like that.
 *
 * @throws PRODUCT_NOT_FOUND
 */
export async function requireStocked(products: ProductReader, sku: string): Promise<StockedProduct> {
  const stocked = (await products.read([{ sku, stockRows: MAX_STOCK_SHARDS }])).get(sku);
  if (stocked === undefined) throw productNotFound(sku);
  return stocked;
}

/** The error when there is no product of a SKU. */
export function productNotFound(sku: string): HavenError {
  return new HavenError('PRODUCT_NOT_FOUND', `There is no product ${sku}`);
}
