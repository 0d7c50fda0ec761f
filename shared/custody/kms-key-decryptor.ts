import { buildDecrypt } from '@aws-crypto/decrypt-node';
import { KmsKeyringNode } from '@aws-crypto/kms-keyring-node';
import { CommitmentPolicy } from '@aws-crypto/material-management-node';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { KeyDecryptor } from './envelope.ts';
import { decryptClient } from './kms-client.ts';

/**
 * The counterpart of the encryptor: one KMS Decrypt per key, limited to the stage's wallet key. The Encryption SDK
 * takes the context from the message itself, so it is compared with the expected one here: without that, a ciphertext
 * from another wallet's row would decrypt.
 * https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/best-practices.html
 *
 * @param kmsKeyArn the stage's wallet key
 */
export function createKmsKeyDecryptor(kmsKeyArn: string, client = decryptClient()): KeyDecryptor {
  const { decrypt } = buildDecrypt(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const keyring = new KmsKeyringNode({ keyIds: [kmsKeyArn], clientProvider: () => client });
  return {
    async decrypt(ciphertext, context) {
      const { plaintext, messageHeader } = await decrypt(keyring, ciphertext).catch((cause: unknown) => {
        throw new HavenError('KEY_DECRYPTION_FAILED', 'The key could not be decrypted', { cause });
      });
      const found = messageHeader.encryptionContext;
      const expected = Object.entries(context);
      const matches =
        Object.keys(found).length === expected.length && expected.every(([name, value]) => found[name] === value);
      if (!matches) {
        plaintext.fill(0);
        throw new HavenError('KEY_DECRYPTION_FAILED', 'The key is bound to another wallet');
      }
      return plaintext;
    },
  };
}
