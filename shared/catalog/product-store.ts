import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { batchGet, type IdSource, indexSources, type RowPage, readPage } from '#shared/platform/dynamo/id-source.ts';
import { ALL_PRODUCTS, activityPartition, currencyPartition, productKey } from './catalog-keys.ts';
import { type Product, productSchema } from './product.ts';

/** Which products a list shows. */
export interface ProductFilter {
  readonly active?: boolean | undefined;
  readonly currency?: string | undefined;
}

/** Lists products. */
export interface ProductStore {
  /**
   * A page of products, newest first.
   *
   * @param before where the page before ended
   */
  list(filter: ProductFilter, before: string | undefined, limit: number): Promise<RowPage<Product>>;
}

/**
 * Products in the shop table.
 *
 * @param table the shop table; needs the right to query its three indexes
 */
export function createProductStore(client: DynamoDBDocumentClient, table: string): ProductStore {
  const index = indexSources(client, table);

  function sourceFor({ active, currency }: ProductFilter): IdSource {
    if (currency !== undefined) return index('gsi3', currencyPartition(currency));
    if (active !== undefined) return index('gsi2', activityPartition(active));
    return index('gsi1', ALL_PRODUCTS);
  }

  /** @param positions `<id>#<sku>`, as the indexes sort by */
  async function load(positions: readonly string[]): Promise<readonly Product[]> {
    const keys = positions.map((position) => productKey(position.slice(position.indexOf('#') + 1)));
    const items = await batchGet(client, table, keys);
    const byId = new Map(items.map((item) => productSchema.parse(item)).map((row) => [row.id, row]));
    return positions.flatMap((position) => byId.get(position.slice(0, position.indexOf('#'))) ?? []);
  }

  return {
    list: (filter, before, limit) =>
      readPage(sourceFor(filter), load, (product) => passes(product, filter), before, limit),
  };
}

/** Rows are younger than an index. */
function passes({ active, price }: Product, filter: ProductFilter): boolean {
  return (
    (filter.active === undefined || active === filter.active) &&
    (filter.currency === undefined || price.currency === filter.currency)
  );
}
