import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

const config = loadConfig(configSchema, process.env);

/** Turns changes of alarms into alerts. */
export const handler = createHandler({
  client: createDocumentClient(),
  tables: { logs: config.LOGS_TABLE },
  prefix: `haven-${config.STAGE}-`,
  clock: systemClock,
  log: createLambdaLog('alarm-receiver'),
  metrics: createLambdaMetrics('alarm-receiver'),
});
