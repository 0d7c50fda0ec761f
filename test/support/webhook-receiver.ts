import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import * as z from 'zod';

/**
 * What a receiver does with a call: answers with a status, leaves it without an answer, sends it elsewhere, switches to another
 * protocol, ends the connection in the middle of its answer, or answers with more than anybody wants to read.
 */
export type ReceiverAnswer =
  | { readonly status: number; readonly body?: string; readonly retryAfter?: string }
  | { readonly hang: true }
  | { readonly redirectTo: string }
  | { readonly switchProtocols: true }
  | { readonly closeMidBody: true }
  | { readonly megabytes: number };

/** A call as it was received. */
export interface ReceivedWebhook {
  readonly headers: IncomingHttpHeaders;
  /** `/hook`, or whatever was called. */
  readonly path: string;
  readonly body: string;
}

/** A receiver of webhooks on a port of this machine. */
export interface WebhookReceiver {
  /** `http://127.0.0.1:<port>/hook` */
  readonly url: string;
  readonly port: number;
  /** In the order in which they came. */
  readonly calls: readonly ReceivedWebhook[];
  /** Answers otherwise from now on. */
  answerWith(answer: (call: number) => ReceiverAnswer): void;
  close(): Promise<void>;
}

const MEGABYTE = 'x'.repeat(1_048_576);

/**
 * Starts a receiver.
 *
 * @param answer by the number of the call, from 1
 */
export async function startWebhookReceiver(
  answer: (call: number) => ReceiverAnswer = () => ({ status: 204 }),
): Promise<WebhookReceiver> {
  const calls: ReceivedWebhook[] = [];
  let current = answer;
  const server = createServer((request, response) => {
    receive(request, response).catch(() => response.destroy());
  });
  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: string[] = [];
    for await (const chunk of request) chunks.push(String(chunk));
    calls.push({ headers: request.headers, path: request.url ?? '', body: chunks.join('') });
    respond(response, current(calls.length));
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The receiver has no port');
  return {
    url: `http://127.0.0.1:${address.port}/hook`,
    port: address.port,
    calls,
    answerWith(next) {
      current = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function respond(response: ServerResponse, answer: ReceiverAnswer): void {
  if ('hang' in answer) return;
  if ('redirectTo' in answer) {
    response.writeHead(301, { location: answer.redirectTo }).end();
    return;
  }
  if ('switchProtocols' in answer) {
    response.writeHead(101, { connection: 'upgrade', upgrade: 'websocket' }).end();
    return;
  }
  if ('closeMidBody' in answer) {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.destroy());
    return;
  }
  if ('megabytes' in answer) {
    response.writeHead(200);
    for (let count = 0; count < answer.megabytes; count += 1) response.write(MEGABYTE);
    response.end();
    return;
  }
  response
    .writeHead(answer.status, answer.retryAfter === undefined ? {} : { 'retry-after': answer.retryAfter })
    .end(answer.body ?? '');
}

const headersSchema = z.object({
  'webhook-id': z.string(),
  'webhook-timestamp': z.string().regex(/^\d+$/),
  'webhook-signature': z.string(),
});

/**
 * What a receiver does by https://github.com/standard-webhooks/standard-webhooks: whether one of the signatures is right, computed
 * without any code of Haven's.
 *
 * @param secret `whsec_…`
 * @returns id and time of the call
 * @throws Error when none is
 */
export function verifiedWebhook(
  { headers, body }: Pick<ReceivedWebhook, 'headers' | 'body'>,
  secret: string,
): { readonly id: string; readonly timestampSeconds: number } {
  const given = headersSchema.parse(headers);
  const id = given['webhook-id'];
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const wanted = createHmac('sha256', key).update(`${id}.${given['webhook-timestamp']}.${body}`).digest('base64');
  if (!given['webhook-signature'].split(' ').includes(`v1,${wanted}`)) throw new Error('The signature is not valid');
  return { id, timestampSeconds: Number(given['webhook-timestamp']) };
}
