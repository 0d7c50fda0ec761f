import { stagePepper } from '#functions/stage-secrets.ts';
import { createApiKeyStore } from '#shared/access/api-key-store.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

const config = loadConfig(configSchema, process.env);

/** The request authorizer of the API. */
export const handler = createHandler({
  keys: createApiKeyStore(createDocumentClient(), config.ACCESS_TABLE),
  readPepper: stagePepper(config.PEPPER_SECRET_ARN, systemClock),
  clock: systemClock,
  log: createLambdaLog('authorizer'),
  metrics: createLambdaMetrics('authorizer'),
});
