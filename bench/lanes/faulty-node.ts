import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as z from 'zod';
import { seededRandom } from '#test/support/seeded-random.ts';

/** A node that fails now and then: a proxy in front of one that doesn't. */
export interface FaultyNode {
  readonly url: string;
  /** Until then it works. */
  beginFaults(): void;
  /** Ends it, with every connection. */
  close(): void;
}

/** Whether and when a request meets its fault: before the node has it, or when the node's answer is on its way back. */
type Fault = 'none' | 'before' | 'after';

const listening = z.object({ port: z.number() });

/**
 * Puts a proxy in front of a node. Some requests lose their connection: half of these before the node sees them, half
 * after it has done what they ask. Nobody who sends can tell the two apart.
 *
 * @param faultPercent of a hundred requests, how many
 * @param seed the same faults for the same numbers of requests
 */
export async function startFaultyNode(rpcUrl: string, faultPercent: number, seed: number): Promise<FaultyNode> {
  const random = seededRandom(seed);
  let faulty = false;
  const nextFault = (): Fault => {
    if (!faulty) return 'none';
    const drawn = random() * 100;
    if (drawn >= faultPercent) return 'none';
    return drawn < faultPercent / 2 ? 'before' : 'after';
  };
  const server = createServer((request, response) => {
    pass(rpcUrl, nextFault(), request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = listening.parse(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    beginFaults() {
      faulty = true;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function pass(rpcUrl: string, fault: Fault, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(z.instanceof(Uint8Array).parse(chunk));
  if (fault === 'before') {
    response.destroy();
    return;
  }
  const answer = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: Buffer.concat(chunks),
  });
  const body = await answer.text();
  if (fault === 'after') response.destroy();
  else response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(body);
}
