import { randomBytes } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1';
import { getAddress } from 'ethers/address';
import { keccak256 } from 'ethers/crypto';

/** 32 bytes that sign for an address. In clear only as long as one of the functions below runs. */
export type PrivateKeyBytes = Uint8Array;

/** A signature over a digest, as Ethereum wants it: low s (EIP-2) and the parity of R's y. */
export interface EcdsaSignature {
  /** 32 bytes, hex. */
  readonly r: string;
  /** 32 bytes, hex; at most half the curve's order. */
  readonly s: string;
  readonly yParity: 0 | 1;
}

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
  const publicKey = secp256k1.getPublicKey(privateKey, false);
  return getAddress(`0x${keccak256(publicKey.subarray(1)).slice(-40)}`);
}

/**
 * Signs a 32-byte digest, deterministically (RFC 6979). The key stays in its byte array: a string could not be
 * overwritten afterwards. (The curve library makes a bigint of it for the length of the call; JavaScript has no way to
 * clear that, see docs/security.md.)
 */
export function signDigest(privateKey: PrivateKeyBytes, digest: Uint8Array): EcdsaSignature {
  const signature = secp256k1.sign(digest, privateKey, { lowS: true });
  return {
    r: `0x${signature.r.toString(16).padStart(64, '0')}`,
    s: `0x${signature.s.toString(16).padStart(64, '0')}`,
    yParity: signature.recovery === 1 ? 1 : 0,
  };
}
