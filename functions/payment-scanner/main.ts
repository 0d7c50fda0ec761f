import { SQSClient } from '@aws-sdk/client-sqs';
import { stageChains } from '#functions/stage-chains.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { createScanKicker } from '#shared/payments/scan/scan-kick.ts';
import { createScanStore } from '#shared/payments/scan/scan-store.ts';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { countedJob } from '#shared/platform/counted-job.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { newId } from '#shared/platform/ids.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { configuredToken, createTokenSettingsReader } from '#shared/token/token-settings.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

/** Whole blocks are large: what is a fault of an endpoint elsewhere is a long answer here. */
const RPC_TIMEOUT_MS = 10_000;

const config = loadConfig(configSchema, process.env);
const client = createDocumentClient();
const parts = {
  clock: systemClock,
  log: createLambdaLog('payment-scanner'),
  metrics: createLambdaMetrics('payment-scanner'),
};
const settings = createTokenSettingsReader(client, config.LEDGER_TABLE);

/** Finds payments on all chains, and settles orders by them. */
export const handler = countedJob(
  parts,
  createHandler({
    ...parts,
    client,
    tables: { shop: config.SHOP_TABLE, audit: config.AUDIT_TABLE, logs: config.LOGS_TABLE },
    orders: createOrderStore(client, config.SHOP_TABLE),
    scans: createScanStore(client, config.SHOP_TABLE),
    chains: new ChainRegistry(config.CHAINS),
    clients: stageChains(config, client, parts, RPC_TIMEOUT_MS),
    token: () => configuredToken(settings),
    kicker: createScanKicker(new SQSClient(awsClientOptions()), config.SCAN_QUEUE_URL, parts),
    newId,
  }),
);
