import { apiFunction } from '#functions/api-runtime.ts';
import { stageBreakers } from '#functions/stage-breakers.ts';
import { stageChainClients } from '#functions/stage-secrets.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { createStatusStore } from '#shared/transactions/status/status-store.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The status API. */
export const handler = apiFunction('status-api', configSchema, (config, { client, clock, log, metrics }) =>
  bindRoutes({
    store: createStatusStore(client, config.LEDGER_TABLE),
    chains: new ChainRegistry(config.CHAINS),
    clients: stageChainClients(config.RPC_SECRET_ARN, clock, log, {
      breakers: stageBreakers(config, client, { clock, log, metrics }),
      chains: config.CHAINS,
      metrics,
    }),
    clock,
    pendingThresholdMinutes: config.PENDING_TX_THRESHOLD_MINUTES,
    gasSpikeThreshold: config.GAS_SPIKE_THRESHOLD,
  }),
);
