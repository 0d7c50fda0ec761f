import { randomUUID } from 'node:crypto';
import type { SecretReader } from '../aws/secrets.ts';
import { type Breakers, createBreakers, createLocalBreakerStore } from '../breaker/breaker.ts';
import { DEFAULT_POLICY } from '../breaker/breaker-config.ts';
import { type Clock, systemClock } from '../clock.ts';
import { HavenError } from '../errors/haven-error.ts';
import type { Log } from '../log/logger.ts';
import type { Metrics } from '../metrics.ts';
import { ChainClient } from './chain-client.ts';
import { type ChainConfig, chainSchema } from './chain-config.ts';
import { createEndpointPool } from './endpoint-pool.ts';
import { createEndpoint, RPC_TIMEOUT_MS } from './json-rpc.ts';
import { namedEndpoints, type RpcEndpoints } from './rpc-endpoints.ts';

/** Gives the client of a chain. */
export interface ChainClients {
  /**
   * The client of a chain.
   *
   * @throws CONFIGURATION when the chain has no endpoint
   */
  for(chainId: number): Promise<ChainClient>;
}

/** What the use of endpoints depends on. */
export interface ChainClientOptions {
  /** Circuits before the endpoints, shared with other processes; by default of this process alone. */
  readonly breakers?: Breakers;
  /** The configured chains; one that isn't among them has the defaults. */
  readonly chains?: readonly Pick<
    ChainConfig,
    'chain_id' | 'block_time_ms' | 'rpc_max_head_lag_blocks' | 'rpc_broadcast_endpoints'
  >[];
  readonly clock?: Clock;
  readonly metrics?: Metrics;
  /** What one call to an endpoint may take. */
  readonly timeoutMs?: number;
  /** At least 0, below 1; draws among weighted endpoints. */
  readonly random?: () => number;
}

/** Clients by chain, made from the RPC secret; one is kept as long as its endpoints stay the same. */
export function createChainClients(
  readEndpoints: SecretReader<RpcEndpoints>,
  log: Log,
  options: ChainClientOptions = {},
): ChainClients {
  const { clock = systemClock, metrics = NO_METRICS, timeoutMs = RPC_TIMEOUT_MS, random = Math.random } = options;
  const breakers = options.breakers ?? localBreakers(clock, log, metrics);
  const known = new Map<number, { readonly secret: string; readonly client: ChainClient }>();
  return {
    async for(chainId) {
      const listed = (await readEndpoints())[String(chainId)];
      if (listed === undefined) {
        throw new HavenError('CONFIGURATION', `The RPC secret has no endpoint for chain ${chainId}`);
      }
      const secret = JSON.stringify(listed);
      const before = known.get(chainId);
      if (before?.secret === secret) return before.client;
      const { endpoints, weighted } = namedEndpoints(listed);
      const chain = options.chains?.find(({ chain_id }) => chain_id === chainId) ?? DEFAULTS;
      const rpc = createEndpointPool({
        chainId,
        endpoints: endpoints.map(({ url, name, weight }) => ({
          name,
          weight,
          rpc: createEndpoint(url, fetch, timeoutMs),
          breaker: breakers.of(`rpc:${chainId}:${name}`),
        })),
        weighted,
        maxHeadLagBlocks: chain.rpc_max_head_lag_blocks,
        blockTimeMs: chain.block_time_ms,
        broadcastEndpoints: chain.rpc_broadcast_endpoints,
        clock,
        random,
        timeoutMs,
        log: log.with({ chain_id: chainId }),
        metrics,
      });
      const client = new ChainClient(rpc);
      known.set(chainId, { secret, client });
      return client;
    },
  };
}

const NO_METRICS: Metrics = { count: () => undefined };

/** A block time on the short side: an endpoint that is asked later than others may be so much further ahead. */
const DEFAULTS = {
  ...chainSchema.pick({ rpc_max_head_lag_blocks: true, rpc_broadcast_endpoints: true }).parse({}),
  block_time_ms: 1_000,
};

function localBreakers(clock: Clock, log: Log, metrics: Metrics): Breakers {
  return createBreakers({
    store: createLocalBreakerStore(),
    policy: DEFAULT_POLICY,
    clock,
    newProbeId: randomUUID,
    log,
    metrics,
  });
}
