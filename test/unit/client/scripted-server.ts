import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** A request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What the server does with one request. */
export type Step =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  /** Closes the connection without an answer. */
  | 'drop'
  /** Never answers. */
  | 'hang';

/** A real HTTP server that does as it is told, one step for each request. */
export interface ScriptedServer {
  /** Ends in `/api/v1`. */
  readonly baseUrl: string;
  readonly seen: readonly SeenRequest[];
  /** Adds steps. A request beyond the last is answered 599. */
  will(...steps: readonly Step[]): void;
  close(): Promise<void>;
}

/** Starts a server on a free port. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const seen: SeenRequest[] = [];
  const script: Step[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, headers, body: await text(request) });
    perform(script.shift() ?? { status: 599 }, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return {
    baseUrl: `http://127.0.0.1:${address.port}/some/prefix/api/v1`,
    seen,
    will: (...steps) => {
      script.push(...steps);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function perform(step: Step, response: ServerResponse): void {
  if (step === 'hang') return;
  if (step === 'drop') {
    response.destroy();
    return;
  }
  const isText = typeof step.body === 'string';
  response.writeHead(step.status, {
    'Content-Type': isText ? 'text/html; charset=utf-8' : 'application/json',
    ...step.headers,
  });
  response.end(isText ? step.body : JSON.stringify(step.body ?? {}));
}
