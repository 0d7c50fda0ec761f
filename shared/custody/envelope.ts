import type { Purpose } from './wallet.ts';

/**
 * What a ciphertext is bound to. KMS and AES-GCM authenticate it, so a ciphertext moved to another wallet's row
 * doesn't pass. Public by nature: KMS writes it into CloudTrail.
 */
export interface KeyContext {
  readonly wallet_id: string;
  readonly address: string;
  readonly purpose: Purpose;
}

/** Encrypts keys; can't decrypt. */
export interface KeyEncryptor {
  /** Encrypts a private key, bound to its context. */
  encrypt(privateKey: Uint8Array, context: KeyContext): Promise<Uint8Array>;
}

/** Decrypts keys. */
export interface KeyDecryptor {
  /**
   * Decrypts a private key that was encrypted with exactly this context. The caller overwrites the bytes after use.
   *
   * @throws KEY_DECRYPTION_FAILED when the ciphertext is altered or belongs to another context
   */
  decrypt(ciphertext: Uint8Array, context: KeyContext): Promise<Uint8Array>;
}
