import { createHmac, timingSafeEqual } from 'node:crypto';
import { HavenError } from '../errors/haven-error.ts';

/** Half of SHA-256: 128 bits against forgery, and a shorter cursor. */
const MAC_BYTES = 16;

function mac(secret: string, scope: string, position: string): Buffer {
  return createHmac('sha256', secret).update(`${scope}\n${position}`).digest().subarray(0, MAC_BYTES);
}

/**
 * Encodes where a list goes on: opaque and signed, and good only for the same list with the same filters.
 *
 * @param secret the signing secret of this stage
 * @param scope names the list and its filters
 * @param position the sort key of the last row given out
 */
export function encodeCursor(secret: string, scope: string, position: string): string {
  return Buffer.concat([mac(secret, scope, position), Buffer.from(position, 'utf8')]).toString('base64url');
}

/**
 * Decodes a cursor that this stage made for the same list.
 *
 * @throws INVALID_PARAMETER for anything else
 */
export function decodeCursor(secret: string, scope: string, cursor: string): string {
  const bytes = Buffer.from(cursor, 'base64url');
  const position = bytes.subarray(MAC_BYTES).toString('utf8');
  const expected = mac(secret, scope, position);
  if (bytes.length <= MAC_BYTES || !timingSafeEqual(bytes.subarray(0, MAC_BYTES), expected)) {
    throw new HavenError('INVALID_PARAMETER', 'cursor is not one that this list gave out', {
      details: { fields: [{ field: 'query.cursor', message: 'not a cursor of this list' }] },
    });
  }
  return position;
}
