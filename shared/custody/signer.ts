import type { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { EcdsaSignature } from './curve.ts';
import { decryptStored } from './decrypt-stored.ts';
import type { KeyDecryptor } from './envelope.ts';
import type { KeyReader } from './key-store.ts';
import { addressOf, signDigest } from './private-key.ts';
import type { Wallet, WalletIdentity } from './wallet.ts';

/** Signs for wallets, whatever custody tier they have. */
export interface Signer {
  /**
   * Signs digests with a wallet's key.
   *
   * @param digests 32 bytes each
   * @param deadline until when a signer that asks another service tries again
   * @returns one signature per digest, in their order
   * @throws KEY_DECRYPTION_FAILED, CIRCUIT_OPEN when KMS gives no answer
   */
  sign(wallet: WalletIdentity, digests: readonly Uint8Array[], deadline?: Deadline): Promise<readonly EcdsaSignature[]>;
}

/**
 * The signer of the envelope tier: one decryption for any number of digests, and the key's bytes are overwritten
 * before the signatures are handed out, whatever happened.
 */
export function createEnvelopeSigner(keys: KeyReader, decryptor: KeyDecryptor): Signer {
  return {
    async sign(wallet, digests) {
      const privateKey = await decryptStored(keys, decryptor, wallet);
      try {
        checkKey(privateKey, wallet);
        return digests.map((digest) => signDigest(privateKey, digest));
      } finally {
        privateKey.fill(0);
      }
    },
  };
}

/**
 * Refuses bytes that are not the key of a wallet's address.
 *
 * @throws KEY_DECRYPTION_FAILED
 */
export function checkKey(privateKey: Uint8Array, wallet: WalletIdentity): void {
  const fails = (why: string, cause?: unknown) =>
    new HavenError('KEY_DECRYPTION_FAILED', `The key of wallet ${wallet.id} ${why}`, { cause });
  let address: string;
  try {
    address = addressOf(privateKey);
  } catch (cause) {
    throw fails('is not a secp256k1 private key', cause);
  }
  if (address !== wallet.address) throw fails('is not that of its address');
}

/** Signs by the tier of each wallet: who asks does not know which it is. */
export function createTierSigner(tiers: Readonly<Record<Wallet['custody'], Signer>>): Signer {
  return { sign: (wallet, digests, deadline) => tiers[wallet.custody].sign(wallet, digests, deadline) };
}
