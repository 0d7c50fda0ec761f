import { stageShopKey } from '#functions/stage-secrets.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { countedJob } from '#shared/platform/counted-job.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

const config = loadConfig(configSchema, process.env);
const parts = {
  clock: systemClock,
  log: createLambdaLog('cart-sweeper'),
  metrics: createLambdaMetrics('cart-sweeper'),
};

/** Gives back what carts hold too long, and deletes those that are over. */
export const handler = countedJob(
  parts,
  createHandler({
    ...parts,
    client: createDocumentClient(),
    tables: { shop: config.SHOP_TABLE, logs: config.LOGS_TABLE },
    readShopKey: stageShopKey(config.SHOP_SECRET_ARN, systemClock),
  }),
);
