import { createLowStockNoter } from '#shared/catalog/note-low-stock.ts';
import { createProductReader } from '#shared/catalog/product-reader.ts';
import { createStockWalk } from '#shared/catalog/walk-stock.ts';
import { createHeldPieces } from '#shared/checkout/held-pieces.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { countedJob } from '#shared/platform/counted-job.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { newId } from '#shared/platform/ids.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

const config = loadConfig(configSchema, process.env);
const client = createDocumentClient();
const tables = { shop: config.SHOP_TABLE, audit: config.AUDIT_TABLE, logs: config.LOGS_TABLE };
const products = createProductReader(client, tables.shop);
const parts = {
  client,
  tables,
  clock: systemClock,
  newId,
  log: createLambdaLog('stock-reconciler'),
  metrics: createLambdaMetrics('stock-reconciler'),
};

/** Looks over all stock. */
export const handler = countedJob(
  parts,
  createHandler({
    ...parts,
    products,
    walk: createStockWalk(client, tables.shop, products),
    held: createHeldPieces(client, tables.shop),
    lowStock: createLowStockNoter(parts),
  }),
);
