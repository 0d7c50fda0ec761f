import type { InProcess } from '../in-process.ts';
import { awsName, rpcName } from './access-name.ts';

/** One access of a process to the world outside: a call to AWS or a request to the chain. Named by what is called. */
export type Around = <T>(name: string, effect: () => Promise<T>) => Promise<T>;

/** A middleware stack of an AWS SDK client, as far as standing around its requests needs it. */
interface Client {
  readonly middlewareStack: {
    add(
      middleware: <A extends { readonly input: object }>(
        next: (args: A) => Promise<unknown>,
        context: { commandName?: string },
      ) => (args: A) => Promise<unknown>,
      options: { step: 'finalizeRequest'; priority: 'low'; name: string; override: true },
    ): void;
  };
}

/** Stands around every request of AWS clients, after all that the SDK does by itself: its retries are requests of their own. */
export function standAroundClients(clients: readonly Client[], around: Around): void {
  for (const { middlewareStack } of clients) {
    middlewareStack.add(
      (next, context) => (args) =>
        around(awsName((context.commandName ?? 'unknown').replace(/Command$/, ''), args.input), () => next(args)),
      { step: 'finalizeRequest', priority: 'low', name: 'havenAccessPoint', override: true },
    );
  }
}

/**
 * Stands around every request that parts of Haven make: those of every AWS client, and every HTTP request to the chain.
 *
 * @param rpcUrls of the chain's endpoints, in their order: fetch is what reaches them
 * @returns puts fetch back
 */
export function standAround({ client, kms, sqs }: InProcess, rpcUrls: readonly string[], around: Around): () => void {
  standAroundClients([client, kms, sqs], around);
  const real = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    const endpoint = typeof input === 'string' ? rpcUrls.indexOf(input) : -1;
    return endpoint === -1 ? real(input, init) : around(rpcName(init?.body, endpoint), () => real(input, init));
  };
  return () => {
    globalThis.fetch = real;
  };
}
