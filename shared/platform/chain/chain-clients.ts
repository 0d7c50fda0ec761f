import * as z from 'zod';
import type { SecretReader } from '../aws/secrets.ts';
import { HavenError } from '../errors/haven-error.ts';
import type { Log } from '../log/logger.ts';
import { ChainClient } from './chain-client.ts';
import { createFailover } from './failover.ts';
import { createEndpoint } from './json-rpc.ts';

/** The RPC secret: endpoint URLs by chain id, in the order in which they are tried. */
export const rpcSecretSchema = z.record(
  z.string().regex(/^[1-9]\d*$/, { error: 'must be a chain id' }),
  z.array(z.url({ protocol: /^https?$/ })).min(1),
);

/** Endpoints by chain id. */
export type RpcEndpoints = z.output<typeof rpcSecretSchema>;

/** Gives the client of a chain. */
export interface ChainClients {
  /**
   * The client of a chain.
   *
   * @throws CONFIGURATION when the chain has no endpoint
   */
  for(chainId: number): Promise<ChainClient>;
}

/** Clients by chain, made from the RPC secret; one is kept as long as its endpoints stay the same. */
export function createChainClients(readEndpoints: SecretReader<RpcEndpoints>, log: Log): ChainClients {
  const known = new Map<number, { readonly urls: string; readonly client: ChainClient }>();
  return {
    async for(chainId) {
      const endpoints = (await readEndpoints())[String(chainId)];
      if (endpoints === undefined) {
        throw new HavenError('CONFIGURATION', `The RPC secret has no endpoint for chain ${chainId}`);
      }
      const urls = endpoints.join(' ');
      const before = known.get(chainId);
      if (before?.urls === urls) return before.client;
      const rpc = createFailover(
        chainId,
        endpoints.map((url) => createEndpoint(url)),
        log.with({ chain_id: chainId }),
      );
      const client = new ChainClient(rpc);
      known.set(chainId, { urls, client });
      return client;
    },
  };
}
