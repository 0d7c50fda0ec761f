import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import * as z from 'zod';

/** A server on this machine that stands in front of a node. */
export interface RpcProxy {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Ends it, with every connection. */
  close(): Promise<void>;
}

/** What a caller is answered. */
export interface ProxyAnswer {
  /** Of HTTP. */
  readonly status: number;
  /** JSON. */
  readonly text: string;
}

const listening = z.object({ port: z.number() });
const JSON_TYPE = { 'Content-Type': 'application/json' };

/**
 * Starts a proxy on a free port.
 *
 * @param answer told the body of each request; undefined, or an error: the connection breaks
 */
export async function startRpcProxy(answer: (body: string) => Promise<ProxyAnswer | undefined>): Promise<RpcProxy> {
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const given = await answer(await text(request));
    if (given === undefined) response.destroy();
    else response.writeHead(given.status, JSON_TYPE).end(given.text);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${listening.parse(server.address()).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Passes a request on to a node. */
export async function forward(target: string, body: string): Promise<ProxyAnswer> {
  const answer = await fetch(target, { method: 'POST', headers: JSON_TYPE, body });
  return { status: answer.status, text: await answer.text() };
}
