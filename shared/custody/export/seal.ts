import { CompactEncrypt, calculateJwkThumbprint, importJWK, type JWK } from 'jose';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { algorithmOf, type RecipientKey } from './recipient-key.ts';

/**
 * Seals bytes to a public key: a JWE in compact form (RFC 7516), AES-256-GCM under a key that only the holder of the private
 * half can find. The caller overwrites the bytes.
 *
 * @param thumbprint of the key, as `kid`
 * @throws Error when the key is none: not a point of its curve, a point of small order; or not the one of the thumbprint,
 *   by which people compared it when they approved
 */
export async function seal(key: RecipientKey, thumbprint: string, plaintext: Uint8Array): Promise<string> {
  if ((await thumbprintOf(key)) !== thumbprint) throw new Error('The public key is not that of its thumbprint');
  const alg = algorithmOf(key);
  const recipient = await importJWK(jwkOf(key), alg);
  return new CompactEncrypt(plaintext)
    .setProtectedHeader({ alg, enc: 'A256GCM', kid: thumbprint, cty: 'application/json' })
    .encrypt(recipient);
}

/** The members that there are. */
function jwkOf(key: RecipientKey): JWK {
  return Object.fromEntries(
    Object.entries(key).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}

/** The SHA-256 thumbprint of a key (RFC 7638), by which people compare it. */
export function thumbprintOf(key: RecipientKey): Promise<string> {
  return calculateJwkThumbprint(jwkOf(key), 'sha256');
}

/**
 * Refuses a key that nothing can be sealed to, by sealing something: before two people spend their time on it.
 *
 * @param field where a client wrote it
 * @returns its thumbprint
 * @throws INVALID_PARAMETER
 */
export async function proveSealable(key: RecipientKey, field: string): Promise<string> {
  try {
    const thumbprint = await thumbprintOf(key);
    await seal(key, thumbprint, new TextEncoder().encode('{}'));
    return thumbprint;
  } catch (cause) {
    const message = 'nothing can be encrypted to this key';
    throw new HavenError('INVALID_PARAMETER', `${field}: ${message}`, {
      cause,
      details: { fields: [{ field, message }] },
    });
  }
}

/** What is told with an exported key. */
export interface ExportFacts {
  readonly export_id: string;
  readonly wallet_id: string;
  readonly address: string;
  readonly purpose: string;
  readonly exported_at: string;
}

const HEX_DIGITS = new TextEncoder().encode('0123456789abcdef');

/**
 * The JSON that is sealed: the facts and `private_key`, 0x and 64 hex digits. Written byte by byte, because a string with
 * the key in it could not be overwritten. The caller overwrites the result.
 */
export function exportPayload(facts: ExportFacts, privateKey: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode(`${JSON.stringify(facts).slice(0, -1)},"private_key":"0x`);
  const tail = new TextEncoder().encode('"}');
  const payload = new Uint8Array(head.length + 2 * privateKey.length + tail.length);
  payload.set(head);
  for (const [index, byte] of privateKey.entries()) {
    payload[head.length + 2 * index] = HEX_DIGITS[byte >> 4] ?? 0;
    payload[head.length + 2 * index + 1] = HEX_DIGITS[byte & 15] ?? 0;
  }
  payload.set(tail, head.length + 2 * privateKey.length);
  return payload;
}
