import { apiFunction, auditAccess } from '#functions/api-runtime.ts';
import { stagePager, stageShopKey } from '#functions/stage-secrets.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { createProductReader } from '#shared/catalog/product-reader.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { newId } from '#shared/platform/ids.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The orders API. */
export const handler = apiFunction(
  'orders-api',
  configSchema,
  (config, runtime) =>
    bindRoutes({
      ...runtime,
      tables: { shop: config.SHOP_TABLE, audit: config.AUDIT_TABLE },
      orders: createOrderStore(runtime.client, config.SHOP_TABLE),
      products: createProductReader(runtime.client, config.SHOP_TABLE),
      audit: createAuditStore(runtime.client, config.AUDIT_TABLE),
      pager: stagePager(config.SIGNING_SECRET_ARN, runtime.clock),
      readShopKey: stageShopKey(config.SHOP_SECRET_ARN, runtime.clock),
      newId,
    }),
  auditAccess,
);
