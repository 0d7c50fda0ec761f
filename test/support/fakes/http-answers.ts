import { once } from 'node:events';
import { createServer } from 'node:http';
import * as z from 'zod';

/** Serves one answer to every request while something runs. */
export async function serveHttp(
  answer: { readonly status: number; readonly body: string },
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server = createServer((_request, response) => {
    response.writeHead(answer.status).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.number() }).parse(server.address());
  try {
    await use(`http://127.0.0.1:${port}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
