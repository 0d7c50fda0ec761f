import { buildDecrypt } from '@aws-crypto/decrypt-node';
import { KmsKeyringNode } from '@aws-crypto/kms-keyring-node';
import { CommitmentPolicy } from '@aws-crypto/material-management-node';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { collectPlaintext } from './collect-plaintext.ts';
import type { KeyDecryptor } from './envelope.ts';
import { decryptClient } from './kms-client.ts';
import { isKmsOutage } from './kms-outage.ts';

/**
 * The counterpart of the encryptor: one KMS Decrypt per key, limited to the stage's wallet keys. The Encryption SDK
 * takes the context from the message itself, so it is compared with the expected one here: without that, a ciphertext
 * from another wallet's row would decrypt.
 * https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/best-practices.html
 *
 * @param kmsKeyArns the stage's wallet key, or several while wallets are moved from one to another
 * @throws (from `decrypt`) KEY_DECRYPTION_FAILED, CIRCUIT_OPEN when KMS gives no answer
 */
export function createKmsKeyDecryptor(kmsKeyArns: string | readonly string[], client = decryptClient()): KeyDecryptor {
  const keyIds = [kmsKeyArns].flat();
  const { decryptUnsignedMessageStream } = buildDecrypt(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);

  /** As the SDK's own `decrypt`, but that no copy of the plaintext is left behind. */
  async function decrypt(keyring: KmsKeyringNode, ciphertext: Uint8Array) {
    const stream = decryptUnsignedMessageStream(keyring);
    let encryptionContext: Readonly<Record<string, string>> = {};
    stream.once('MessageHeader', (header: { readonly encryptionContext: Readonly<Record<string, string>> }) => {
      encryptionContext = header.encryptionContext;
    });
    const collected = collectPlaintext(stream);
    stream.end(ciphertext);
    return { plaintext: await collected, encryptionContext };
  }

  return {
    async decrypt(ciphertext, context) {
      const outages: unknown[] = [];
      const keyring = new KmsKeyringNode({ keyIds, clientProvider: () => noting(client, outages) });
      const { plaintext, encryptionContext: found } = await decrypt(keyring, ciphertext).catch((cause: unknown) => {
        if (outages.length > 0) throw new HavenError('CIRCUIT_OPEN', 'KMS gives no answer', { cause: outages[0] });
        throw new HavenError('KEY_DECRYPTION_FAILED', 'The key could not be decrypted', { cause });
      });
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

/**
 * The same client, which notes failures that say nothing about the ciphertext: the keyring makes one text of all it
 * meets, and a KMS that is down must not look like a key that was tampered with.
 */
function noting(client: ReturnType<typeof decryptClient>, outages: unknown[]): ReturnType<typeof decryptClient> {
  return {
    ...client,
    decrypt: (request) =>
      client.decrypt(request).catch((error: unknown) => {
        if (isKmsOutage(error)) outages.push(error);
        throw error;
      }),
  };
}
