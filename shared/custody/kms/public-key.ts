import { secp256k1 } from '@noble/curves/secp256k1';

/**
 * What a SubjectPublicKeyInfo of an uncompressed secp256k1 key begins with, in DER: the OIDs id-ecPublicKey and secp256k1,
 * a bit string of 65 bytes, and the 0x04 of an uncompressed point (RFC 5480, section 2; SEC 1, section 2.3.3). DER has one
 * way to write it, so that comparing is parsing.
 */
const PREFIX = Buffer.from('3056301006072a8648ce3d020106052b8104000a03420004', 'hex');
const POINT_BYTES = 64;

/**
 * Reads a public key as KMS gives it. A key of another curve, a point that is not on the curve, or anything besides the key
 * is refused.
 *
 * @param spki SubjectPublicKeyInfo, DER
 * @returns 65 bytes: 0x04, x, y; undefined for anything else
 */
export function parsePublicKey(spki: Uint8Array): Uint8Array | undefined {
  if (spki.length !== PREFIX.length + POINT_BYTES) return undefined;
  if (!PREFIX.equals(spki.subarray(0, PREFIX.length))) return undefined;
  const publicKey = Uint8Array.from(spki.subarray(PREFIX.length - 1));
  try {
    secp256k1.ProjectivePoint.fromHex(publicKey).assertValidity();
  } catch {
    return undefined;
  }
  return publicKey;
}
