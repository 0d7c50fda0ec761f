import { stageChains } from '#functions/stage-chains.ts';
import { stageKicker } from '#functions/stage-kicker.ts';
import { createSweepFinder } from '#shared/custody/lifecycle/find-sweep.ts';
import { createSweepStore } from '#shared/custody/lifecycle/sweep-store.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { countedJob } from '#shared/platform/counted-job.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { newId } from '#shared/platform/ids.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { createTokenSettingsReader, namedToken } from '#shared/token/token-settings.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

const config = loadConfig(configSchema, process.env);
const client = createDocumentClient();
const parts = { clock: systemClock, log: createLambdaLog('sweeper'), metrics: createLambdaMetrics('sweeper') };
const wallets = createWalletStore(client, config.LEDGER_TABLE);
const settings = createTokenSettingsReader(client, config.LEDGER_TABLE);

/** Brings what rotated wallets have to their successors. */
export const handler = countedJob(
  parts,
  createHandler({
    ...parts,
    client,
    tables: { ledger: config.LEDGER_TABLE, audit: config.AUDIT_TABLE, logs: config.LOGS_TABLE },
    find: createSweepFinder(createSweepStore(client, config.LEDGER_TABLE), wallets),
    wallets,
    chains: new ChainRegistry(config.CHAINS),
    clients: stageChains(config, client, parts),
    tokens: async (chainId) => {
      const token = await namedToken(settings);
      return token?.chain_id === chainId ? [token.address] : [];
    },
    kicker: stageKicker(config, parts),
    // What it sends is what it has just seen.
    funds: 'not_asked',
    newId,
    random: Math.random,
  }),
);
