import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Deadline } from '#shared/platform/deadline.ts';
import { partitionSource } from '#shared/platform/dynamo/id-source.ts';
import { ALL_PRODUCTS } from './catalog-keys.ts';
import type { ProductReader, StockedProduct } from './product-reader.ts';

/** Goes through all products with their stock. */
export interface StockWalk {
  /**
   * All products with their shards, strongly consistent.
   *
   * @returns undefined: time ran out before all were read
   */
  all(deadline: Deadline): Promise<readonly StockedProduct[] | undefined>;
}

/** With one shard each they are one request of 100 rows; those with more take a second one together. */
const SKUS_AT_ONCE = 50;

/**
 * The stock of all products: for schedules and for operators, not for a request that a stranger can cause.
 *
 * @param table the shop table; needs the right to query gsi1 and to BatchGetItem
 */
export function createStockWalk(client: DynamoDBDocumentClient, table: string, products: ProductReader): StockWalk {
  const at = { table, index: 'gsi1', partitionKey: 'gsi1pk', sortKey: 'gsi1sk', partition: ALL_PRODUCTS };
  const source = partitionSource(client, at);
  return {
    async all(deadline) {
      const found: StockedProduct[] = [];
      let before: string | undefined;
      for (;;) {
        if (!deadline.allows(1)) return undefined;
        const positions = await source(before, SKUS_AT_ONCE);
        const wants = positions.map((position) => ({ sku: position.slice(position.indexOf('#') + 1), stockRows: 1 }));
        if (wants.length > 0) found.push(...(await products.read(wants)).values());
        before = positions.at(-1);
        if (positions.length < SKUS_AT_ONCE) return found;
      }
    },
  };
}
