import { finished, type Readable } from 'node:stream';
import * as z from 'zod';

const chunkSchema = z.instanceof(Uint8Array);

/**
 * Reads a stream of plaintext to its end, into bytes of the caller's. Every chunk is overwritten once it is copied, and what
 * was copied when the stream fails: the Encryption SDK's own reader leaves them to the garbage collector.
 *
 * @returns memory of its own, outside of Node's shared pool; the caller overwrites it after use
 * @throws what the stream fails with
 */
export async function collectPlaintext(stream: Readable): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      stream.on('data', (chunk: unknown) => chunks.push(chunkSchema.parse(chunk)));
      // It goes on listening for errors: the SDK's streams fail more than once.
      finished(stream, (error) => (error ? reject(error) : resolve()));
    });
    const plaintext = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      plaintext.set(chunk, at);
      at += chunk.length;
    }
    return plaintext;
  } finally {
    for (const chunk of chunks) chunk.fill(0);
  }
}
