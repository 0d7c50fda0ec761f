import { HavenError } from '../errors/haven-error.ts';
import type { ApiEvent } from './api-event.ts';
import { headerOf } from './headers.ts';

/** A request's body as it was sent, byte for byte, and the headers that came with it: for routes that check a signature over it. */
export class RawBody {
  readonly bytes: Buffer;
  readonly #headers: Readonly<Record<string, string | undefined>>;

  constructor(bytes: Buffer, headers: Readonly<Record<string, string | undefined>>) {
    this.bytes = bytes;
    this.#headers = headers;
  }

  /** A header, whatever its case. */
  header(name: string): string | undefined {
    return headerOf(this.#headers, name);
  }
}

/**
 * The body as it was sent. API Gateway hands texts over as they are, and encodes what it takes for binary.
 *
 * @throws PAYLOAD_TOO_LARGE
 */
export function readRawBody({ body, isBase64Encoded, headers }: ApiEvent, maxBytes: number): RawBody {
  const bytes = Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8');
  if (bytes.length > maxBytes) {
    throw new HavenError('PAYLOAD_TOO_LARGE', `The body is larger than ${maxBytes} bytes`, {
      details: { max_bytes: maxBytes },
    });
  }
  return new RawBody(bytes, headers ?? {});
}
