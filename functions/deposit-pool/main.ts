import { createPoolReader } from '#shared/custody/deposit-pool/pool-reader.ts';
import { dataKeyClient } from '#shared/custody/kms-client.ts';
import { createKmsKeyEncryptor } from '#shared/custody/kms-key-encryptor.ts';
import { countedKms } from '#shared/platform/aws/counted-kms.ts';
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
  log: createLambdaLog('deposit-pool'),
  metrics: createLambdaMetrics('deposit-pool'),
};

/** Fills the pool of deposit wallets. */
export const handler = countedJob(
  parts,
  createHandler({
    ...parts,
    client,
    tables: {
      ledger: config.LEDGER_TABLE,
      keys: config.KEYS_TABLE,
      audit: config.AUDIT_TABLE,
      logs: config.LOGS_TABLE,
    },
    pool: createPoolReader(client, config.LEDGER_TABLE),
    size: { target: config.DEPOSIT_POOL_TARGET, lowWater: config.DEPOSIT_POOL_LOW_WATER },
    encryptor: createKmsKeyEncryptor(config.WALLET_KEY_ARN, dataKeyClient(countedKms(parts.metrics))),
    newId,
  }),
);
