import { stageKicker } from '#functions/stage-kicker.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { countedJob } from '#shared/platform/counted-job.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { finishOpenBatches } from '#shared/transactions/batch/finish-open-batches.ts';
import { createOpenLanes } from '#shared/transactions/lane/kick-open-lanes.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

const config = loadConfig(configSchema, process.env);
const log = createLambdaLog('lane-kicker');
const metrics = createLambdaMetrics('lane-kicker');

const client = createDocumentClient();
const kicker = stageKicker(config, { clock: systemClock, log, metrics });
const tables = { ledger: config.LEDGER_TABLE, audit: config.AUDIT_TABLE };

/** The lane kicker. */
export const handler = countedJob(
  { clock: systemClock, log, metrics },
  createHandler({
    lanes: createOpenLanes(client, config.LEDGER_TABLE),
    kicker,
    finishBatches: (deadline) => finishOpenBatches({ client, tables, kicker, clock: systemClock, log }, deadline),
    clock: systemClock,
    log,
  }),
);
