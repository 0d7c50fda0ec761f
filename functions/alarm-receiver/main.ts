import { createConditionStore } from '#shared/monitors/condition-store.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

const config = loadConfig(configSchema, process.env);

/** Opens and ends conditions as alarms change. */
export const handler = createHandler({
  store: createConditionStore(createDocumentClient(), config.LOGS_TABLE),
  coolDownMs: config.CONDITION_COOL_DOWN_MINUTES * 60_000,
  prefix: `haven-${config.STAGE}-`,
  clock: systemClock,
  log: createLambdaLog('alarm-receiver'),
  metrics: createLambdaMetrics('alarm-receiver'),
});
