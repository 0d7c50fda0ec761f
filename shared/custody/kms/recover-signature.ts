import { secp256k1 } from '@noble/curves/secp256k1';
import { addressOfPublicKey, CURVE_ORDER, type EcdsaSignature, toEcdsaSignature } from '../curve.ts';
import type { SignatureNumbers } from './der-signature.ts';

/**
 * Makes of a plain ECDSA signature what Ethereum wants: s in its lower half (EIP-2), and the parity of R's y, which KMS
 * doesn't tell and is found by trial: of the two keys that could have made the signature, one has the address. That key
 * then verifies the signature, so what is handed on is proven.
 *
 * @param digest 32 bytes
 * @param address of the signer, with its checksum
 * @returns undefined when the address did not sign this digest so
 */
export function recoverSignature(
  digest: Uint8Array,
  { r, s }: SignatureNumbers,
  address: string,
): EcdsaSignature | undefined {
  const lowS = s > CURVE_ORDER / 2n ? CURVE_ORDER - s : s;
  const signature = new secp256k1.Signature(r, lowS);
  for (const yParity of [0, 1] as const) {
    const publicKey = recoverPublicKey(signature.addRecoveryBit(yParity), digest);
    if (publicKey === undefined || addressOfPublicKey(publicKey) !== address) continue;
    if (!secp256k1.verify(signature, digest, publicKey, { lowS: true })) return undefined;
    return toEcdsaSignature(r, lowS, yParity);
  }
  return undefined;
}

/** undefined: r is no x of a point on the curve, or the point is at infinity. */
function recoverPublicKey(
  signature: ReturnType<InstanceType<typeof secp256k1.Signature>['addRecoveryBit']>,
  digest: Uint8Array,
): Uint8Array | undefined {
  try {
    return signature.recoverPublicKey(digest).toRawBytes(false);
  } catch {
    return undefined;
  }
}
