import { secp256k1 } from '@noble/curves/secp256k1';
import { getAddress } from 'ethers/address';
import { keccak256 } from 'ethers/crypto';

/** The order of secp256k1's group: both numbers of a signature are below it. */
export const CURVE_ORDER = secp256k1.CURVE.n;

/** What is signed has this length: Keccak-256's, and what KMS takes for ECDSA_SHA_256. */
export const DIGEST_BYTES = 32;

/** A signature over a digest, as Ethereum wants it: low s (EIP-2) and the parity of R's y. */
export interface EcdsaSignature {
  /** 32 bytes, hex. */
  readonly r: string;
  /** 32 bytes, hex; at most half the curve's order. */
  readonly s: string;
  readonly yParity: 0 | 1;
}

/**
 * The address of a public key, with its EIP-55 checksum.
 *
 * @param publicKey 65 bytes: 0x04, x, y
 */
export function addressOfPublicKey(publicKey: Uint8Array): string {
  return getAddress(`0x${keccak256(publicKey.subarray(1)).slice(-40)}`);
}

/** A signature in the form that transactions carry. */
export function toEcdsaSignature(r: bigint, s: bigint, yParity: 0 | 1): EcdsaSignature {
  return { r: toWord(r), s: toWord(s), yParity };
}

function toWord(value: bigint): string {
  return `0x${value.toString(16).padStart(64, '0')}`;
}
