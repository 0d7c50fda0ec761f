import type { Deadline } from '../deadline.ts';
import { HavenError } from '../errors/haven-error.ts';
import type { Log } from '../log/logger.ts';
import type { JsonRpc } from './json-rpc.ts';
import { numberQuantity } from './quantities.ts';
import { ChainMovedError, RpcTransportError } from './rpc-errors.ts';

/**
 * Several endpoints of one chain as one: asked in their order until one gives a usable answer. That is safe for every
 * call Haven makes, because a transaction is broadcast as bytes that are stored already. An endpoint is asked nothing
 * else before it was seen to serve the chain: one of another chain would make Haven sign for one and count on the other.
 *
 * @throws (from `ask`) RpcTransportError when none gave a usable answer, CONFIGURATION when all serve another chain
 */
export function createFailover(chainId: number, endpoints: readonly JsonRpc[], log: Log): JsonRpc {
  const verified = new Set<JsonRpc>();
  return {
    async ask(calls, read, deadline) {
      if (calls.length === 0) return read([]);
      let lastError: HavenError = new RpcTransportError('No RPC endpoint is configured');
      for (const [index, endpoint] of endpoints.entries()) {
        try {
          if (!verified.has(endpoint)) {
            await verify(endpoint, chainId, deadline);
            verified.add(endpoint);
          }
          return await endpoint.ask(calls, read, deadline);
        } catch (error) {
          if (!isEndpointsFault(error)) throw error;
          // That one does not answer is the more useful thing to say than that another serves a wrong chain.
          // That one answers and has moved on is better still: a look is then worth beginning anew at once.
          const isBetter = !(lastError instanceof RpcTransportError) || error instanceof ChainMovedError;
          if (isBetter || index === 0) lastError = error;
          log.write('RPC_ENDPOINT_FAILED', { endpoint_index: index, error });
        }
      }
      throw lastError;
    },
  };
}

function isEndpointsFault(error: unknown): error is HavenError {
  return error instanceof RpcTransportError || (error instanceof HavenError && error.code === 'CONFIGURATION');
}

async function verify(endpoint: JsonRpc, chainId: number, deadline: Deadline): Promise<void> {
  const served = await endpoint.ask(
    [{ method: 'eth_chainId', params: [] }],
    ([outcome]) => {
      const parsed = numberQuantity.safeParse(outcome?.ok === true ? outcome.result : undefined);
      if (!parsed.success) throw new RpcTransportError('The endpoint does not say which chain it serves');
      return parsed.data;
    },
    deadline,
  );
  if (served !== chainId) {
    throw new HavenError('CONFIGURATION', `An RPC endpoint of chain ${chainId} serves chain ${served}`);
  }
}
