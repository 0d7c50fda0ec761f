import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import * as z from 'zod';

const callSchema = z.object({ id: z.number(), method: z.string(), params: z.array(z.unknown()) });

/** A JSON-RPC call as the server got it. */
export type ReceivedCall = z.output<typeof callSchema>;

/**
 * What the server does with a batch: `json` is sent as the body, `status` and `text` replace it (`unfinished` leaves
 * the body open), `hang` leaves the connection open without an answer.
 */
export type RpcAnswer =
  | { readonly json: unknown }
  | { readonly status: number; readonly text: string; readonly unfinished?: true }
  | { readonly hang: true };

/** A node of a chain, as far as HTTP can tell. */
export interface RpcServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Every batch received, in order. */
  readonly batches: readonly (readonly ReceivedCall[])[];
  /** The paths that were asked for, query included. */
  readonly paths: readonly string[];
  /** The Authorization headers of the requests, '' for none. */
  readonly authorizations: readonly string[];
  close(): Promise<void>;
}

/**
 * Starts a JSON-RPC server on a free port of this machine.
 *
 * @param answer what it does with each batch
 */
async function startRpcServer(answer: (calls: readonly ReceivedCall[]) => RpcAnswer): Promise<RpcServer> {
  const batches: (readonly ReceivedCall[])[] = [];
  const paths: string[] = [];
  const authorizations: string[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: string[] = [];
    for await (const chunk of request) chunks.push(String(chunk));
    const calls = z.array(callSchema).parse(JSON.parse(chunks.join('')));
    batches.push(calls);
    paths.push(request.url ?? '');
    authorizations.push(request.headers.authorization ?? '');
    const given = answer(calls);
    if ('hang' in given) return;
    if ('json' in given) response.setHeader('Content-Type', 'application/json').end(JSON.stringify(given.json));
    else if (given.unfinished === true) response.writeHead(given.status).write(given.text);
    else response.writeHead(given.status).end(given.text);
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    batches,
    paths,
    authorizations,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

/** As `startRpcServer`, closed when the test that starts it is over. */
export async function rpcServer(answer: (calls: readonly ReceivedCall[]) => RpcAnswer): Promise<RpcServer> {
  const server = await startRpcServer(answer);
  onTestFinished(() => server.close());
  return server;
}

/** The address of a port on which nothing listens: one that a server has just given up. */
export async function nowhere(): Promise<string> {
  const server = await startRpcServer(() => ({ hang: true }));
  await server.close();
  return server.url;
}

/** Answers every call of a batch by its method, in order; a method that is not listed is answered with an error. */
export function answering(results: Readonly<Record<string, unknown>>): (calls: readonly ReceivedCall[]) => RpcAnswer {
  return (calls) => ({
    json: calls.map(({ id, method }) =>
      Object.hasOwn(results, method)
        ? { jsonrpc: '2.0', id, result: results[method] }
        : { jsonrpc: '2.0', id, error: { code: -32601, message: `the method ${method} does not exist` } },
    ),
  });
}
