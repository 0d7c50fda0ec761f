import { randomBytes } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1';
import { addressOfPublicKey, DIGEST_BYTES, type EcdsaSignature, toEcdsaSignature } from './curve.ts';

/** 32 bytes that sign for an address. In clear only as long as one of the functions below runs. */
export type PrivateKeyBytes = Uint8Array;

/**
 * A new random key from the operating system's generator. A draw outside the curve's order (chance 2^-128) is drawn
 * again.
 */
export function generatePrivateKey(): PrivateKeyBytes {
  for (;;) {
    const candidate = randomBytes(32);
    if (secp256k1.utils.isValidPrivateKey(candidate)) return candidate;
    candidate.fill(0);
  }
}

/** The address of a key, with its EIP-55 checksum. */
export function addressOf(privateKey: PrivateKeyBytes): string {
  return addressOfPublicKey(secp256k1.getPublicKey(privateKey, false));
}

/**
 * Signs a 32-byte digest, deterministically (RFC 6979); throws a RangeError for anything else. The key stays in its byte array: a string could not be
 * overwritten afterwards. (The curve library makes a bigint of it for the length of the call; JavaScript has no way to
 * clear that, see docs/security.md.)
 */
export function signDigest(privateKey: PrivateKeyBytes, digest: Uint8Array): EcdsaSignature {
  if (digest.length !== DIGEST_BYTES) throw new RangeError(`A digest has ${DIGEST_BYTES} bytes`);
  const signature = secp256k1.sign(digest, privateKey, { lowS: true });
  return toEcdsaSignature(signature.r, signature.s, signature.recovery === 1 ? 1 : 0);
}
