import { Raced } from '#shared/platform/dynamo/races.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { ProductReader, StockedProduct } from './product-reader.ts';

/**
 * Computes what is taken from stock, and refuses for want of it only when that is so at one moment. A read of several rows is no snapshot:
 * pieces that move between shards meanwhile, or are given back in one while another is emptied, may be seen in neither. So what is short is
 * read again: when no shard has changed since, nor has got company, all of them were as they were seen at the moment between both reads.
 *
 * @param seen what `compute` goes by, read before, with all shards
 * @param compute throws OUT_OF_STOCK when it doesn't suffice
 * @throws Raced when stock has moved meanwhile: to be read and computed anew; what `compute` throws
 */
export async function confirmShortage<T>(
  products: ProductReader,
  seen: readonly StockedProduct[],
  compute: () => T,
): Promise<T> {
  try {
    return compute();
  } catch (error) {
    if (!(error instanceof HavenError) || error.code !== 'OUT_OF_STOCK') throw error;
    const wants = seen.map(({ product }) => ({ sku: product.sku, stockRows: product.stock_rows }));
    const now = await products.read(wants);
    if (seen.every((one) => isUnmoved(one, now.get(one.product.sku)))) throw error;
    throw new Raced('Stock was moved while it was read', { cause: error });
  }
}

function isUnmoved(before: StockedProduct, after: StockedProduct | undefined): boolean {
  if (after === undefined || after.product.stock_rows !== before.product.stock_rows) return false;
  return (
    before.shards.length === after.shards.length &&
    before.shards.every(({ shard, changes }) => after.shards.find((one) => one.shard === shard)?.changes === changes)
  );
}
