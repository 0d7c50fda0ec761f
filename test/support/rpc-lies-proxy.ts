import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as z from 'zod';

/** A call that reached the proxy. */
export interface AskedCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What a proxy says in place of a node's true result. */
export type Lie = (call: AskedCall, result: unknown) => unknown;

/** A node that says of some things what is not so. */
export interface LyingProxy {
  readonly url: string;
  /** Ends it, with every connection. */
  close(): Promise<void>;
}

const callSchema = z.object({ id: z.number(), method: z.string(), params: z.array(z.unknown()) });
const answerSchema = z.looseObject({ id: z.number(), result: z.unknown().optional() });
const listening = z.object({ port: z.number() });

/** Puts a proxy in front of a node that changes its results. */
export async function startLyingProxy(target: string, lie: Lie): Promise<LyingProxy> {
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(z.instanceof(Uint8Array).parse(chunk));
    const body = Buffer.concat(chunks).toString('utf8');
    const calls = new Map(
      z
        .array(callSchema)
        .parse(JSON.parse(body))
        .map((call) => [call.id, call]),
    );
    const answer = await fetch(target, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    const answers = z.array(answerSchema).parse(await answer.json());
    const changed = answers.map((one) => {
      const call = calls.get(one.id);
      return call === undefined || one.result === undefined ? one : { ...one, result: lie(call, one.result) };
    });
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(changed));
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
