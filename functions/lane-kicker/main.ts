import { stageKicker } from '#functions/stage-kicker.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { createOpenLanes } from '#shared/transactions/lane/kick-open-lanes.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

const config = loadConfig(configSchema, process.env);
const log = createLambdaLog('lane-kicker');

/** The lane kicker. */
export const handler = createHandler({
  lanes: createOpenLanes(createDocumentClient(), config.LEDGER_TABLE),
  kicker: stageKicker(config, { clock: systemClock, log, metrics: createLambdaMetrics('lane-kicker') }),
  log,
});
