import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { STOCK_REPORT_KEY } from '#shared/catalog/catalog-keys.ts';
import { lastStockReportView } from '#shared/catalog/stock-report.ts';
import type { PoolReader } from '#shared/custody/deposit-pool/pool-reader.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { bounded, type Check, complete } from '../check.ts';
import { judgeDrift, judgePool, sawAllStock } from '../judge-stock.ts';

/** Watches what the last look over all stock found. A Get. */
export function driftCheck(client: DynamoDBDocumentClient, shop: string): Check {
  return {
    name: 'stock_drift',
    async look() {
      const row = await readItem(client, shop, STOCK_REPORT_KEY);
      if (row === undefined) return complete([]);
      const report = lastStockReportView.parse(row);
      return bounded(judgeDrift(report), sawAllStock(report));
    },
  };
}

/** Watches how the pool of deposit wallets stands after its refills. A Get. */
export function poolCheck(pool: Pick<PoolReader, 'state'>): Check {
  return {
    name: 'deposit_pool',
    async look() {
      return complete(judgePool(await pool.state()));
    },
  };
}
