import { stageKicker } from '#functions/stage-kicker.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
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
const parts = { clock: systemClock, log: createLambdaLog('top-up'), metrics: createLambdaMetrics('top-up') };

/** Tops up wallets that run low. */
export const handler = countedJob(
  parts,
  createHandler({
    ...parts,
    client,
    tables: { ledger: config.LEDGER_TABLE, audit: config.AUDIT_TABLE },
    wallets: createWalletStore(client, config.LEDGER_TABLE),
    chains: new ChainRegistry(config.CHAINS),
    kicker: stageKicker(config, parts),
    // It has no RPC, and what a treasury lacks its lane waits for.
    funds: 'not_asked',
    newId,
  }),
);
