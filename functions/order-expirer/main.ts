import { createOrderStore } from '#shared/orders/order-store.ts';
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
const parts = {
  clock: systemClock,
  log: createLambdaLog('order-expirer'),
  metrics: createLambdaMetrics('order-expirer'),
};

/** Settles orders that are due and paid through processors. */
export const handler = countedJob(
  parts,
  createHandler({
    ...parts,
    client,
    tables: { shop: config.SHOP_TABLE, audit: config.AUDIT_TABLE, logs: config.LOGS_TABLE },
    orders: createOrderStore(client, config.SHOP_TABLE),
    graceMs: config.PROCESSOR_GRACE_SECONDS * 1_000,
    newId,
  }),
);
