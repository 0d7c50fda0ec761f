import { stageBreakers } from '#functions/stage-breakers.ts';
import { stageNotifyKey } from '#functions/stage-secrets.ts';
import { createChannelStore } from '#shared/alerts/channels/channel-store.ts';
import { alertWebhooksSecretSchema } from '#shared/alerts/delivery/alert-webhooks.ts';
import { createDeliveryStore } from '#shared/alerts/delivery/delivery-store.ts';
import { jsonSecretReader } from '#shared/platform/aws/secrets.ts';
import { createSesMailer } from '#shared/platform/aws/ses-mailer.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { countedJob } from '#shared/platform/counted-job.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { createOutboundPost } from '#shared/platform/http/outbound-post.ts';
import { newId } from '#shared/platform/ids.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';
import { stageChannels } from './stage-channels.ts';

const config = loadConfig(configSchema, process.env);
const client = createDocumentClient();
const parts = {
  clock: systemClock,
  log: createLambdaLog('alert-notifier'),
  metrics: createLambdaMetrics('alert-notifier'),
};
const channels = {
  ...parts,
  email: config.ALERT_EMAIL,
  readWebhooks: jsonSecretReader(
    config.ALERT_WEBHOOKS_SECRET_ARN,
    'ALERT_WEBHOOKS_SECRET',
    alertWebhooksSecretSchema,
    systemClock,
  ),
  // Once for each run, and kept by none: a test of a channel that was made a moment ago must find it.
  readStored: createChannelStore(client, config.NOTIFY_TABLE).all,
  readNotifyKey: stageNotifyKey(config.NOTIFY_SECRET_ARN, systemClock),
  mailer: createSesMailer(),
  post: createOutboundPost({ exemptHosts: config.WEBHOOK_EXEMPT_HOSTS }),
  breakers: stageBreakers(config, client, parts),
};

/** Tells alerts. */
export const handler = countedJob(
  parts,
  createHandler({
    ...parts,
    store: createDeliveryStore(client, config.LOGS_TABLE),
    channels: () => stageChannels(channels),
    coolDownMs: config.ALERT_COOL_DOWN_MINUTES * 60_000,
    stage: config.STAGE,
    runbookUrl: config.ALERT_RUNBOOK_URL,
    newId,
    random: Math.random,
  }),
);
