import { createIncidentStore } from '#shared/incidents/incident-store.ts';
import { createPatternCounters } from '#shared/incidents/pattern-counters.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

const config = loadConfig(configSchema, process.env);
const client = createDocumentClient();

/** Keeps errors and security events, and tells of patterns. */
export const handler = createHandler({
  client,
  tables: { logs: config.LOGS_TABLE },
  store: createIncidentStore(client, config.LOGS_TABLE),
  counters: createPatternCounters(client, config.EPHEMERAL_TABLE),
  clock: systemClock,
  log: createLambdaLog('incident-keeper'),
  metrics: createLambdaMetrics('incident-keeper'),
});
