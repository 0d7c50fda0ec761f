import { DESTRUCTION_KIND } from '#shared/custody/destruction/destruction.ts';
import { createRequestStore } from '#shared/custody/dual-control/request-store.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
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
const parts = {
  clock: systemClock,
  log: createLambdaLog('key-destroyer'),
  metrics: createLambdaMetrics('key-destroyer'),
};

/** Destroys keys of revoked wallets. */
export const handler = countedJob(
  parts,
  createHandler({
    ...parts,
    client,
    tables: {
      keys: config.KEYS_TABLE,
      approvals: config.APPROVALS_TABLE,
      ledger: config.LEDGER_TABLE,
      audit: config.AUDIT_TABLE,
      logs: config.LOGS_TABLE,
    },
    wallets: createWalletStore(client, config.LEDGER_TABLE),
    destructions: createRequestStore(client, config.APPROVALS_TABLE, DESTRUCTION_KIND),
    retentionDays: config.KEY_RETENTION_DAYS,
    newId,
  }),
);
