import { allRoutes } from '#functions/catalogue.ts';
import { type ClientOptions, createCaller, type Operations, toOperations } from './client.ts';
import type { Send } from './transport.ts';

/** A method for each operation of the API, and a way to send anything else. */
export interface HavenClient extends Operations<typeof allRoutes> {
  /** Sends one request, once, and gives status, headers and body as they are. */
  readonly request: Send;
}

/**
 * Makes a client of the API.
 *
 * @param options the URL and the key; the rest has defaults
 */
export function createHavenClient(options: ClientOptions): HavenClient {
  const caller = createCaller(options);
  return { ...toOperations(allRoutes, caller), request: caller.request };
}
