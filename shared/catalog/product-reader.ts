import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { batchGet } from '#shared/platform/dynamo/id-source.ts';
import { productKey } from './catalog-keys.ts';
import { type Product, productSchema } from './product.ts';
import { type StockShard, stockShardSchema } from './stock.ts';
import { stockKey } from './stock-keys.ts';

/** A product with the shards of its stock, by number. */
export interface StockedProduct {
  readonly product: Product;
  readonly shards: readonly StockShard[];
}

/** A SKU to read. */
export interface ProductWant {
  readonly sku: string;
  /** How many shards its stock had when somebody looked last: 0, when only the product is wanted. */
  readonly stockRows: number;
}

/**
 * Reads products for whoever is about to write: strongly consistent, never from a cache. What is read may still be changed
 * before the write; that is for the conditions of the write to see.
 */
export interface ProductReader {
  /**
   * Products with their shards, in one request as long as no stock has been given more shards since (then a second one
   * fetches these), and as long as there are at most 100 rows.
   *
   * @param wants each SKU once
   * @returns by SKU; a SKU that there is no product of is left out
   */
  read(wants: readonly ProductWant[]): Promise<ReadonlyMap<string, StockedProduct>>;
}

/**
 * Products in the shop table.
 *
 * @param table the shop table; needs the right to BatchGetItem
 */
export function createProductReader(client: DynamoDBDocumentClient, table: string): ProductReader {
  return {
    async read(wants) {
      const found = readRows(
        await batchGet(
          client,
          table,
          wants.flatMap(({ sku, stockRows }) => [productKey(sku), ...shardKeys(sku, 0, stockRows)]),
        ),
      );
      const missing = wants.flatMap(({ sku, stockRows }) => {
        const rows = found.products.get(sku)?.stock_rows ?? 0;
        return stockRows === 0 ? [] : shardKeys(sku, stockRows, rows);
      });
      const more = missing.length === 0 ? NO_ROWS : readRows(await batchGet(client, table, missing));
      return new Map(
        [...found.products].map(([sku, product]) => [sku, { product, shards: shardsOf(sku, found, more) }]),
      );
    },
  };
}

interface Rows {
  readonly products: ReadonlyMap<string, Product>;
  readonly shards: readonly StockShard[];
}

const NO_ROWS: Rows = { products: new Map(), shards: [] };

function shardKeys(sku: string, from: number, to: number) {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => stockKey(sku, from + index));
}

function readRows(items: readonly Record<string, unknown>[]): Rows {
  const products = items.filter(({ sk }) => sk === 'PRODUCT').map((item) => productSchema.parse(item));
  return {
    products: new Map(products.map((product) => [product.sku, product])),
    shards: items.filter(({ sk }) => sk === 'STOCK').map((item) => stockShardSchema.parse(item)),
  };
}

function shardsOf(sku: string, ...rows: readonly Rows[]): readonly StockShard[] {
  return rows
    .flatMap(({ shards }) => shards.filter((shard) => shard.sku === sku))
    .toSorted((a, b) => a.shard - b.shard);
}
