import { REFUND_KIND } from '#shared/payments/refunds/refund.ts';
import { refundOutcome } from '#shared/payments/refunds/refund-outcome.ts';
import { createRefundStore } from '#shared/payments/refunds/refund-store.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { countedJob } from '#shared/platform/counted-job.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { newId } from '#shared/platform/ids.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { createOutbox } from '#shared/platform/outbox/outbox-table.ts';
import { REDEMPTION_KIND } from '#shared/token/redemption.ts';
import { redemptionOutcome } from '#shared/token/redemption-outcome.ts';
import { createRedemptionStore } from '#shared/token/redemption-store.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

const config = loadConfig(configSchema, process.env);
const client = createDocumentClient();
const parts = {
  clock: systemClock,
  log: createLambdaLog('outbox-worker'),
  metrics: createLambdaMetrics('outbox-worker'),
};
const tables = {
  ledger: config.LEDGER_TABLE,
  audit: config.AUDIT_TABLE,
  shop: config.SHOP_TABLE,
  logs: config.LOGS_TABLE,
};

/** The outbox worker. */
export const handler = countedJob(
  parts,
  createHandler({
    ...parts,
    client,
    table: tables.ledger,
    outbox: createOutbox(client, tables.ledger),
    handlers: {
      [REDEMPTION_KIND]: redemptionOutcome({
        ...parts,
        tables,
        redemptions: createRedemptionStore(client, tables.ledger),
      }),
      [REFUND_KIND]: refundOutcome({ ...parts, tables, newId, refunds: createRefundStore(client, tables.shop) }),
    },
  }),
);
