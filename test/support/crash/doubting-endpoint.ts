import { createServer, type IncomingMessage } from 'node:http';
import * as z from 'zod';

/** An endpoint that has doubts about strangers' transactions. */
export interface DoubtingEndpoint {
  readonly url: string;
  /** Ends it, with every connection. */
  close(): Promise<void>;
}

const callSchema = z.object({ id: z.number(), method: z.string() });
const answerSchema = z.looseObject({ id: z.number(), result: z.unknown() });
const listening = z.object({ port: z.number() });
const quantity = z.string().transform(Number);
const blockSchema = z.object({ number: quantity });
const placedSchema = z.object({ blockNumber: quantity });

/**
 * Puts an endpoint in front of a node that is asked for its second opinion on transactions: as long as one of them is as deep as
 * `silentAt` the connection breaks, one block later it knows none of them, and from then on it says what the node says. All else it
 * passes on. It goes by the chain alone, so that it says the same to every execution that asks at the same block.
 *
 * @param silentAt in blocks, the including one counted
 */
export async function startDoubtingEndpoint(target: string, silentAt: number): Promise<DoubtingEndpoint> {
  async function answer(request: IncomingMessage): Promise<string | undefined> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(z.instanceof(Uint8Array).parse(chunk));
    const body = Buffer.concat(chunks).toString('utf8');
    const headers = { 'Content-Type': 'application/json' };
    const text = await (await fetch(target, { method: 'POST', headers, body })).text();
    const calls = z.array(callSchema).parse(JSON.parse(body));
    const doubted = new Set(calls.filter(({ method }) => method === 'eth_getTransactionByHash').map(({ id }) => id));
    if (doubted.size === 0) return text;
    const answers = z.array(answerSchema).parse(JSON.parse(text));
    const head = calls.find(({ method }) => method === 'eth_getBlockByNumber');
    const { number } = blockSchema.parse(answers.find(({ id }) => id === head?.id)?.result);
    const depths = answers.flatMap(({ id, result }) => {
      const placed = placedSchema.safeParse(result);
      return doubted.has(id) && placed.success ? [number - placed.data.blockNumber + 1] : [];
    });
    const least = Math.min(...depths);
    if (least === silentAt) return undefined;
    if (least !== silentAt + 1) return text;
    return JSON.stringify(answers.map((one) => (doubted.has(one.id) ? { ...one, result: null } : one)));
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (text) => {
        if (text === undefined) response.destroy();
        else response.setHeader('Content-Type', 'application/json').end(text);
      },
      () => response.destroy(),
    );
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
