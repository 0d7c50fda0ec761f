import { stageChains } from '#functions/stage-chains.ts';
import { stageKicker } from '#functions/stage-kicker.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { createDepositSweepStore } from '#shared/payments/sweeps/deposit-sweep-store.ts';
import { sweptTokens } from '#shared/payments/sweeps/swept-tokens.ts';
import { createTreasuryReader } from '#shared/payments/treasury/treasury.ts';
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
const name = 'deposit-sweeper';
const parts = { clock: systemClock, log: createLambdaLog(name), metrics: createLambdaMetrics(name) };
const chains = new ChainRegistry(config.CHAINS);
const settings = createTokenSettingsReader(client, config.LEDGER_TABLE);

/** Brings what settled orders were paid with to the treasury. */
export const handler = countedJob(
  parts,
  createHandler({
    ...parts,
    client,
    tables: {
      ledger: config.LEDGER_TABLE,
      shop: config.SHOP_TABLE,
      audit: config.AUDIT_TABLE,
      logs: config.LOGS_TABLE,
    },
    sweeps: createDepositSweepStore(client, config.SHOP_TABLE),
    treasury: createTreasuryReader(client, config.LEDGER_TABLE),
    wallets: createWalletStore(client, config.LEDGER_TABLE),
    chains,
    clients: stageChains(config, client, parts),
    tokens: async (chainId) => sweptTokens(chains.get(chainId), await namedToken(settings)),
    kicker: stageKicker(config, parts),
    // What it sends is what it has just seen.
    funds: 'not_asked',
    newId,
    random: Math.random,
  }),
);
