import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { stageChains } from '#functions/stage-chains.ts';
import { createAnchorReader } from '#shared/audit/anchors/anchor-bucket.ts';
import { createConditionStore } from '#shared/monitors/condition-store.ts';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { countedJob } from '#shared/platform/counted-job.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { newId } from '#shared/platform/ids.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';
import { stageChecks } from './stage-checks.ts';

const config = loadConfig(configSchema, process.env);
const client = createDocumentClient();
const parts = { clock: systemClock, log: createLambdaLog('monitor'), metrics: createLambdaMetrics('monitor') };

/** Watches everything. */
export const handler = countedJob(
  parts,
  createHandler({
    ...parts,
    newId,
    store: createConditionStore(client, config.LOGS_TABLE),
    coolDownMs: config.MONITOR_THRESHOLDS.cool_down_minutes * 60_000,
    checks: stageChecks({
      client,
      tables: { ledger: config.LEDGER_TABLE, shop: config.SHOP_TABLE, ephemeral: config.EPHEMERAL_TABLE },
      chains: config.CHAINS,
      clients: stageChains(config, client, parts),
      anchors: createAnchorReader(config.ANCHOR_BUCKET, new S3Client(awsClientOptions())),
      sqs: new SQSClient(awsClientOptions()),
      deadLetterQueues: config.DEAD_LETTER_QUEUES,
      thresholds: config.MONITOR_THRESHOLDS,
      clock: systemClock,
      metrics: parts.metrics,
    }),
  }),
);
