import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { KeyDecryptor } from './envelope.ts';
import type { KeyReader } from './key-store.ts';
import type { WalletIdentity } from './wallet.ts';

/**
 * Decrypts a wallet's key. A remembered ciphertext that doesn't decrypt may have been replaced by one under another KMS key,
 * and the KMS key that it is under disabled since: so it is read again, once.
 *
 * @returns the key, which the caller overwrites
 * @throws KEY_DECRYPTION_FAILED, CIRCUIT_OPEN when KMS gives no answer
 */
export async function decryptStored(
  keys: KeyReader,
  decryptor: KeyDecryptor,
  { id, address, purpose }: Pick<WalletIdentity, 'id' | 'address' | 'purpose'>,
): Promise<Uint8Array> {
  const context = { wallet_id: id, address, purpose };
  const remembered = await keys.read(id);
  try {
    return await decryptor.decrypt(remembered, context);
  } catch (error) {
    if (!(error instanceof HavenError) || error.code !== 'KEY_DECRYPTION_FAILED') throw error;
    const stored = await keys.read(id, 'table');
    if (Buffer.from(stored).equals(remembered)) throw error;
    return decryptor.decrypt(stored, context);
  }
}
