import * as z from 'zod';
import type { SecretReader } from '../aws/secrets.ts';
import type { Deadline } from '../deadline.ts';
import { HavenError } from '../errors/haven-error.ts';
import type { Log } from '../log/logger.ts';
import { ChainClient } from './chain-client.ts';
import { createJsonRpc } from './json-rpc.ts';

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
   * The client of a chain whose endpoint was seen to serve that chain.
   *
   * @throws CONFIGURATION when the chain has no endpoint or its endpoint serves another chain; RpcTransportError
   */
  for(chainId: number, deadline: Deadline): Promise<ChainClient>;
}

/**
 * Clients by chain, made from the RPC secret. A client is kept while its endpoints stay the same, and its endpoint's
 * chain id is checked once: an endpoint of another chain would make Haven sign for one chain and count on another.
 */
export function createChainClients(readEndpoints: SecretReader<RpcEndpoints>, log: Log): ChainClients {
  const verified = new Map<string, ChainClient>();
  return {
    async for(chainId, deadline) {
      const endpoints = (await readEndpoints())[String(chainId)];
      if (endpoints === undefined) {
        throw new HavenError('CONFIGURATION', `The RPC secret has no endpoint for chain ${chainId}`);
      }
      const identity = `${chainId} ${endpoints.join(' ')}`;
      const known = verified.get(identity);
      if (known !== undefined) return known;
      const client = new ChainClient(createJsonRpc(endpoints, log.with({ chain_id: chainId })));
      const served = await client.chainId(deadline);
      if (served !== chainId) {
        throw new HavenError('CONFIGURATION', `The RPC endpoint of chain ${chainId} serves chain ${served}`);
      }
      verified.set(identity, client);
      return client;
    },
  };
}
