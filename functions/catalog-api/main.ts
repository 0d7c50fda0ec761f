import { apiFunction, auditAccess } from '#functions/api-runtime.ts';
import { stagePager } from '#functions/stage-secrets.ts';
import { createLowStockNoter } from '#shared/catalog/note-low-stock.ts';
import { createProductReader } from '#shared/catalog/product-reader.ts';
import { createProductStore } from '#shared/catalog/product-store.ts';
import { createCatalogReader } from '#shared/catalog/show-catalog.ts';
import { createStockReportReader } from '#shared/catalog/stock-report-row.ts';
import { createStockWalk } from '#shared/catalog/walk-stock.ts';
import { createHeldPieces } from '#shared/checkout/held-pieces.ts';
import { newId } from '#shared/platform/ids.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The catalog API. */
export const handler = apiFunction(
  'catalog-api',
  configSchema,
  (config, { client, clock, idempotency, log, metrics }) => {
    const tables = { shop: config.SHOP_TABLE, audit: config.AUDIT_TABLE, logs: config.LOGS_TABLE };
    const products = createProductReader(client, tables.shop);
    const productStore = createProductStore(client, tables.shop);
    return bindRoutes({
      client,
      tables,
      idempotency,
      products,
      catalog: createCatalogReader({ products, productStore, clock }),
      lastStockReport: createStockReportReader(client, tables.shop),
      lowStock: createLowStockNoter({ client, tables, clock, newId, log, metrics }),
      walk: createStockWalk(client, tables.shop, products),
      held: createHeldPieces(client, tables.shop),
      pager: stagePager(config.SIGNING_SECRET_ARN, clock),
      clock,
      newId,
      metrics,
    });
  },
  auditAccess,
);
