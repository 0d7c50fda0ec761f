import { CURVE_ORDER } from '../curve.ts';

const SEQUENCE = 0x30;
const INTEGER = 0x02;
/** From here on a DER length has more than one byte. No signature of this curve is that long. */
const LONG_LENGTH = 0x80;

/** The two numbers of an ECDSA signature. */
export interface SignatureNumbers {
  readonly r: bigint;
  readonly s: bigint;
}

/**
 * Reads an ECDSA signature as KMS gives it: `SEQUENCE { INTEGER r, INTEGER s }` in DER, RFC 3279, section 2.2.3. Strict: one
 * way to write a signature, nothing before, between or behind, and both numbers in 1 … n-1.
 *
 * @returns undefined for anything else
 */
export function parseDerSignature(der: Uint8Array): SignatureNumbers | undefined {
  const [tag, length] = der;
  if (tag !== SEQUENCE || length === undefined || length >= LONG_LENGTH || der.length !== 2 + length) return undefined;
  const first = readInteger(der, 2);
  if (first === undefined) return undefined;
  const second = readInteger(der, first.end);
  if (second === undefined || second.end !== der.length) return undefined;
  const [r, s] = [first.value, second.value];
  return isInRange(r) && isInRange(s) ? { r, s } : undefined;
}

/** A positive number in as few bytes as it takes. */
function readInteger(der: Uint8Array, start: number): { readonly value: bigint; readonly end: number } | undefined {
  const length = der[start + 1];
  if (der[start] !== INTEGER || length === undefined || length === 0 || length >= LONG_LENGTH) return undefined;
  const end = start + 2 + length;
  if (end > der.length) return undefined;
  const bytes = der.subarray(start + 2, end);
  const [head = 0, next = 0] = bytes;
  const isNegative = head >= 0x80;
  const isPadded = head === 0 && length > 1 && next < 0x80;
  if (isNegative || isPadded) return undefined;
  return { value: BigInt(`0x${Buffer.from(bytes).toString('hex')}`), end };
}

function isInRange(value: bigint): boolean {
  return value > 0n && value < CURVE_ORDER;
}
