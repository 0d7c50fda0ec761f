import { HavenError } from '../errors/haven-error.ts';
import { fieldError } from './validation.ts';

/** The cap of every route but webhooks (api.md). */
export const MAX_BODY_BYTES = 64 * 1024;
/** No declared body is deeper than four; the cap keeps hostile nesting away from recursive code. */
export const MAX_JSON_DEPTH = 16;

/**
 * Reads a JSON request body with every cap applied.
 *
 * @param raw the body as API Gateway passes it on
 * @param contentType the Content-Type header
 * @returns the parsed value; `{}` when there is no body
 * @throws PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_PARAMETER
 */
export function readJsonBody(raw: string | null, isBase64: boolean, contentType: string | undefined): unknown {
  if (raw === null || raw === '') return {};
  const text = isBase64 ? decodeUtf8(Buffer.from(raw, 'base64')) : raw;
  if (Buffer.byteLength(text) > MAX_BODY_BYTES) {
    throw new HavenError('PAYLOAD_TOO_LARGE', `The body is larger than ${MAX_BODY_BYTES} bytes`, {
      details: { max_bytes: MAX_BODY_BYTES },
    });
  }
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType ?? '')) {
    throw fieldError('UNSUPPORTED_MEDIA_TYPE', 'header.Content-Type', 'must be application/json');
  }
  const value = parse(text);
  if (depthExceeds(value, MAX_JSON_DEPTH)) {
    throw fieldError('INVALID_PARAMETER', 'body', `is nested deeper than ${MAX_JSON_DEPTH}`);
  }
  return value;
}

/** Bytes that are no UTF-8 are refused: replaced, they would be stored as something that nobody sent. */
function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw fieldError('INVALID_PARAMETER', 'body', 'is not valid UTF-8');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw fieldError('INVALID_PARAMETER', 'body', 'is not valid JSON');
  }
}

/** Walks with a list rather than by recursion, so that the depth it looks for can't exhaust the stack. */
function depthExceeds(root: unknown, limit: number): boolean {
  let level: unknown[] = [root];
  for (let depth = 0; ; depth += 1) {
    const containers = level.filter((value) => typeof value === 'object' && value !== null);
    if (containers.length === 0) return false;
    if (depth >= limit) return true;
    level = containers.flatMap((value) => Object.values(value));
  }
}
