import { HavenError } from '../errors/haven-error.ts';
import type { PoolEndpoint } from './pool-endpoint.ts';
import { ChainMovedError, RpcTransportError } from './rpc-errors.ts';

/** What went wrong with the endpoints that were asked. */
export class Failures {
  #worth: HavenError = new RpcTransportError('No RPC endpoint is configured');
  #count = 0;

  add(endpoint: PoolEndpoint, error: HavenError): void {
    // That one does not answer is the more useful thing to say than that another serves a wrong chain.
    // That one answers and has moved on is better still: a look is then worth beginning anew at once.
    const isBetter = !(this.#worth instanceof RpcTransportError) || error instanceof ChainMovedError;
    if (isBetter || this.#count === 0) this.#worth = error;
    this.#count += 1;
    endpoint.report(error);
  }

  /** The one failure to throw for all of them. */
  get worthSaying(): HavenError {
    return this.#worth;
  }
}

/** Whether an error says something of an endpoint, and not of what was asked. */
export function isEndpointsFault(error: unknown): error is HavenError {
  return error instanceof RpcTransportError || (error instanceof HavenError && error.code === 'CONFIGURATION');
}
