import { apiFunction, auditAccess } from '#functions/api-runtime.ts';
import { stageNotifyKey, stagePager } from '#functions/stage-secrets.ts';
import { stageWebhookWaker } from '#functions/stage-webhooks.ts';
import { newId } from '#shared/platform/ids.ts';
import { createWebhookDeliveryStore } from '#shared/webhooks/delivery-store.ts';
import { createEndpointStore } from '#shared/webhooks/endpoint-store.ts';
import { createStandingStore } from '#shared/webhooks/standing-store.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The webhooks API. */
export const handler = apiFunction(
  'webhooks-api',
  configSchema,
  (config, runtime) =>
    bindRoutes({
      ...runtime,
      tables: { notify: config.NOTIFY_TABLE, audit: config.AUDIT_TABLE },
      endpoints: createEndpointStore(runtime.client, config.NOTIFY_TABLE),
      standings: createStandingStore(runtime.client, config.NOTIFY_TABLE),
      deliveries: createWebhookDeliveryStore(runtime.client, config.NOTIFY_TABLE),
      readNotifyKey: stageNotifyKey(config.NOTIFY_SECRET_ARN, runtime.clock),
      exemptHosts: config.WEBHOOK_EXEMPT_HOSTS,
      waker: stageWebhookWaker(config, runtime),
      pager: stagePager(config.SIGNING_SECRET_ARN, runtime.clock),
      newId,
    }),
  auditAccess,
);
