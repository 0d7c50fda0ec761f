import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  batchGet,
  type IdSource,
  indexSources,
  type RowPage,
  readPage,
  type Search,
} from '#shared/platform/dynamo/id-source.ts';
import { ALL_PRODUCTS, activityPartition, currencyPartition, productKey } from './catalog-keys.ts';
import { type Product, productSchema } from './product.ts';

/** Which products a list shows. */
export interface ProductFilter {
  readonly active?: boolean | undefined;
  readonly currency?: string | undefined;
  /** How its SKU begins; case counts. */
  readonly sku_prefix?: string | undefined;
}

/** Lists products. */
export interface ProductStore {
  /**
   * A page of products, newest first. By how SKUs begin, `8 × PREFIX_SEARCH` of them are looked at for a page at most, which may then have
   * few products, or none, and go on.
   *
   * @param before where the page before ended
   */
  list(filter: ProductFilter, before: string | undefined, limit: number): Promise<RowPage<Product>>;
}

/** Places of an index, of some hundred bytes each, that a round looks at: a query reads a megabyte at most. */
const PREFIX_SEARCH = 500;

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
    const keys = positions.map((position) => productKey(skuAt(position)));
    const items = await batchGet(client, table, keys);
    const byId = new Map(items.map((item) => productSchema.parse(item)).map((row) => [row.id, row]));
    return positions.flatMap((position) => byId.get(position.slice(0, position.indexOf('#'))) ?? []);
  }

  return {
    list: (filter, before, limit) =>
      readPage(
        sourceFor(filter),
        load,
        (product) => passes(product, filter),
        before,
        limit,
        searchFor(filter.sku_prefix),
      ),
  };
}

/** The SKU of a place `<id>#<sku>`. */
function skuAt(position: string): string {
  return position.slice(position.indexOf('#') + 1);
}

/** The indexes know every SKU: whose begins otherwise is passed over without its row being read. */
function searchFor(prefix: string | undefined): Search | undefined {
  if (prefix === undefined) return undefined;
  return { idsAtOnce: PREFIX_SEARCH, accepts: (position) => skuAt(position).startsWith(prefix) };
}

/** Rows are younger than an index. */
function passes({ active, price }: Product, filter: ProductFilter): boolean {
  return (
    (filter.active === undefined || active === filter.active) &&
    (filter.currency === undefined || price.currency === filter.currency)
  );
}
