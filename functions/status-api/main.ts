import { apiFunction } from '#functions/api-runtime.ts';
import { stageBreakers } from '#functions/stage-breakers.ts';
import { endpointNamesOf, stageRpcEndpoints } from '#functions/stage-secrets.ts';
import { createBreakerStore } from '#shared/platform/breaker/breaker-store.ts';
import { createChainClients } from '#shared/platform/chain/chain-clients.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { createPriceSource } from '#shared/prices/price-source.ts';
import { createStatusStore } from '#shared/transactions/status/status-store.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The status API. */
export const handler = apiFunction('status-api', configSchema, (config, { client, clock, log, metrics }) => {
  const breakers = stageBreakers(config, client, { clock, log, metrics });
  const chains = new ChainRegistry(config.CHAINS);
  const endpoints = stageRpcEndpoints(config.RPC_SECRET_ARN, clock);
  const clients = createChainClients(endpoints, log, { breakers, chains: config.CHAINS, clock, metrics });
  return bindRoutes({
    store: createStatusStore(client, config.LEDGER_TABLE),
    chains,
    clients,
    endpointNames: endpointNamesOf(endpoints),
    prices: createPriceSource({ chains, clients, breakers, clock }),
    breakers: createBreakerStore(client, config.EPHEMERAL_TABLE, clock),
    clock,
    pendingThresholdMinutes: config.PENDING_TX_THRESHOLD_MINUTES,
    gasSpikeThreshold: config.GAS_SPIKE_THRESHOLD,
  });
});
