import { stageWebhookWaker } from '#functions/stage-webhooks.ts';
import { createNoticeStore } from '#shared/orders/notice-store.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { countedJob } from '#shared/platform/counted-job.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { createTransactionNoticeStore } from '#shared/transactions/event-notice-store.ts';
import { createWebhookDeliveryStore } from '#shared/webhooks/delivery-store.ts';
import { createEndpointStore } from '#shared/webhooks/endpoint-store.ts';
import { orderNotices, transactionNotices } from '#shared/webhooks/notice-sources.ts';
import { createStandingStore } from '#shared/webhooks/standing-store.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

const config = loadConfig(configSchema, process.env);
const client = createDocumentClient();
const parts = {
  clock: systemClock,
  log: createLambdaLog('webhook-dispatcher'),
  metrics: createLambdaMetrics('webhook-dispatcher'),
};

/** Makes events of what happened, and plans their deliveries. */
export const handler = countedJob(
  parts,
  createHandler({
    ...parts,
    client,
    tables: { notify: config.NOTIFY_TABLE },
    sources: [
      orderNotices({
        notices: createNoticeStore(client, config.SHOP_TABLE, 'merchant'),
        orders: createOrderStore(client, config.SHOP_TABLE),
        table: config.SHOP_TABLE,
      }),
      transactionNotices(createTransactionNoticeStore(client, config.LEDGER_TABLE), config.LEDGER_TABLE),
    ],
    endpoints: createEndpointStore(client, config.NOTIFY_TABLE),
    standings: createStandingStore(client, config.NOTIFY_TABLE),
    deliveries: createWebhookDeliveryStore(client, config.NOTIFY_TABLE),
    waker: stageWebhookWaker(config, parts),
  }),
);
