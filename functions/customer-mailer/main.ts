import { stageBreakers } from '#functions/stage-breakers.ts';
import { createMailStore } from '#shared/mails/mail-store.ts';
import { mailedRefunds } from '#shared/mails/mailed-refunds.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { createRefundStore } from '#shared/payments/refunds/refund-store.ts';
import { CUSTOMER_MAIL_BREAKER, createSesMailer } from '#shared/platform/aws/ses-mailer.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { countedJob } from '#shared/platform/counted-job.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { newId } from '#shared/platform/ids.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

const config = loadConfig(configSchema, process.env);
const client = createDocumentClient();
const orders = createOrderStore(client, config.SHOP_TABLE);
const refunds = createRefundStore(client, config.SHOP_TABLE);
const parts = {
  clock: systemClock,
  log: createLambdaLog('customer-mailer'),
  metrics: createLambdaMetrics('customer-mailer'),
};

/** Mails customers of what becomes of their orders. */
export const handler = countedJob(
  parts,
  createHandler({
    ...parts,
    store: createMailStore(client, { shop: config.SHOP_TABLE, notify: config.NOTIFY_TABLE, logs: config.LOGS_TABLE }),
    mails: config.SHOP_MAIL !== undefined,
    shop: config.SHOP_MAIL,
    networks: config.CHAIN_NAMES,
    findOrder: async (id) => (await orders.findOrder(id))?.order,
    refundsOf: async (id) => mailedRefunds(await refunds.find(id)),
    mailer: createSesMailer(),
    breaker: stageBreakers(config, client, parts).of(CUSTOMER_MAIL_BREAKER),
    newId,
    random: Math.random,
  }),
);
