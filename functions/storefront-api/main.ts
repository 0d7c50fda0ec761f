import { apiFunction } from '#functions/api-runtime.ts';
import { stageShopKey } from '#functions/stage-secrets.ts';
import { createProductReader } from '#shared/catalog/product-reader.ts';
import { newId } from '#shared/platform/ids.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The storefront API. */
export const handler = apiFunction('storefront-api', configSchema, (config, runtime) =>
  bindRoutes({
    client: runtime.client,
    clock: runtime.clock,
    metrics: runtime.metrics,
    idempotency: runtime.idempotency,
    tables: { shop: config.SHOP_TABLE, logs: config.LOGS_TABLE },
    products: createProductReader(runtime.client, config.SHOP_TABLE),
    readShopKey: stageShopKey(config.SHOP_SECRET_ARN, runtime.clock),
    reservationMs: config.CART_RESERVATION_MINUTES * 60_000,
    emptyCurrency: config.SHOP_CURRENCY,
    newId,
  }),
);
