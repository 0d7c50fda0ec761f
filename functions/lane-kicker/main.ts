import { SQSClient } from '@aws-sdk/client-sqs';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { createLaneKicker } from '#shared/transactions/lane/kick.ts';
import { createOpenLanes } from '#shared/transactions/lane/kick-open-lanes.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

const config = loadConfig(configSchema, process.env);
const log = createLambdaLog('lane-kicker');

/** The lane kicker. */
export const handler = createHandler({
  lanes: createOpenLanes(createDocumentClient(), config.LEDGER_TABLE),
  kicker: createLaneKicker(
    new SQSClient(awsClientOptions()),
    { kickQueueUrl: config.KICK_QUEUE_URL, wakeQueueUrl: config.WAKE_QUEUE_URL },
    systemClock,
    log,
    createLambdaMetrics('lane-kicker'),
  ),
  log,
});
