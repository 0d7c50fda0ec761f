import { stageBreakers } from '#functions/stage-breakers.ts';
import { stageNotifyKey } from '#functions/stage-secrets.ts';
import { stageWebhookWaker } from '#functions/stage-webhooks.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { countedJob } from '#shared/platform/counted-job.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { createOutboundPost } from '#shared/platform/http/outbound-post.ts';
import { newId } from '#shared/platform/ids.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { MAX_ANSWER_BYTES } from '#shared/webhooks/call.ts';
import { schedulePolicy } from '#shared/webhooks/delivery.ts';
import { createWebhookDeliveryStore } from '#shared/webhooks/delivery-store.ts';
import { createEndpointStore } from '#shared/webhooks/endpoint-store.ts';
import { createStandingStore } from '#shared/webhooks/standing-store.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

const config = loadConfig(configSchema, process.env);
const client = createDocumentClient();
const parts = {
  clock: systemClock,
  log: createLambdaLog('webhook-sender'),
  metrics: createLambdaMetrics('webhook-sender'),
};

/** Delivers webhooks to integrators. */
export const handler = countedJob(
  parts,
  createHandler({
    ...parts,
    client,
    tables: { notify: config.NOTIFY_TABLE, audit: config.AUDIT_TABLE, logs: config.LOGS_TABLE },
    endpoints: createEndpointStore(client, config.NOTIFY_TABLE),
    standings: createStandingStore(client, config.NOTIFY_TABLE),
    deliveries: createWebhookDeliveryStore(client, config.NOTIFY_TABLE),
    breakers: stageBreakers(config, client, parts),
    waker: stageWebhookWaker(config, parts),
    post: createOutboundPost({ exemptHosts: config.WEBHOOK_EXEMPT_HOSTS, maxAnswerBytes: MAX_ANSWER_BYTES }),
    readNotifyKey: stageNotifyKey(config.NOTIFY_SECRET_ARN, systemClock),
    exemptHosts: config.WEBHOOK_EXEMPT_HOSTS,
    policy: schedulePolicy(config.WEBHOOK_RETRY_SECONDS),
    disableAfterMs: config.WEBHOOK_DISABLE_AFTER_HOURS * 60 * 60_000,
    random: Math.random,
    newId,
  }),
);
