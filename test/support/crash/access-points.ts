import type { InProcess } from '../in-process.ts';

/** One access of a process to the world outside: a call to AWS or a request to the chain. Named by what is called. */
export type Around = <T>(name: string, effect: () => Promise<T>) => Promise<T>;

/** A middleware stack of an AWS SDK client, as far as standing around its requests needs it. */
interface Client {
  readonly middlewareStack: {
    add(
      middleware: (
        next: (args: never) => Promise<unknown>,
        context: { commandName?: string },
      ) => (args: never) => Promise<unknown>,
      options: { step: 'finalizeRequest'; priority: 'low'; name: string; override: true },
    ): void;
  };
}

/**
 * Stands around every request that parts of Haven make: those of every AWS client after all that the SDK does by itself
 * (its retries are requests of their own), and every HTTP request to the chain.
 *
 * @param rpcUrl of the chain: fetch is what reaches it
 * @returns puts fetch back
 */
export function standAround({ client, kms, sqs }: InProcess, rpcUrl: string, around: Around): () => void {
  const clients: readonly Client[] = [client, kms, sqs];
  for (const { middlewareStack } of clients) {
    middlewareStack.add(
      (next, context) => (args) => around((context.commandName ?? 'unknown').replace(/Command$/, ''), () => next(args)),
      { step: 'finalizeRequest', priority: 'low', name: 'havenAccessPoint', override: true },
    );
  }
  const real = globalThis.fetch;
  globalThis.fetch = (input, init) =>
    input === rpcUrl ? around(rpcName(init?.body), () => real(input, init)) : real(input, init);
  return () => {
    globalThis.fetch = real;
  };
}

/** The methods of a JSON-RPC request, each once. */
function rpcName(body: unknown): string {
  const methods = String(body).matchAll(/"method":"(\w+)"/g);
  return [...new Set([...methods].map(([, method]) => method))].join(' ');
}
