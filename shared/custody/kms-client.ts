import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';

/**
 * The two KMS clients that the Encryption SDK's keyring can be given. Each can do only what its function group may do
 * in the privilege table; IAM and the key policy say the same once more.
 */

type KmsRequest = {
  readonly KeyId: string;
  readonly EncryptionContext?: Record<string, string>;
};

function refuse(operation: string): () => Promise<never> {
  return () => Promise.reject(new Error(`This function may not call kms:${operation}`));
}

function present<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`KMS left out ${name}`);
  return value;
}

/** A KMS client that can only make data keys: the provisioner's. */
export function dataKeyClient(kms = new KMSClient(awsClientOptions())) {
  return {
    generateDataKey: async (request: KmsRequest & { readonly NumberOfBytes?: number }) => {
      const answer = await kms.send(new GenerateDataKeyCommand(request));
      return {
        KeyId: present(answer.KeyId, 'KeyId'),
        Plaintext: present(answer.Plaintext, 'Plaintext'),
        CiphertextBlob: present(answer.CiphertextBlob, 'CiphertextBlob'),
      };
    },
    encrypt: refuse('Encrypt'),
    decrypt: refuse('Decrypt'),
  };
}

/** A KMS client that can only decrypt data keys: the lane worker's. */
export function decryptClient(kms = new KMSClient(awsClientOptions())) {
  return {
    generateDataKey: refuse('GenerateDataKey'),
    encrypt: refuse('Encrypt'),
    decrypt: async (request: Partial<KmsRequest> & { readonly CiphertextBlob: Uint8Array }) => {
      const answer = await kms.send(new DecryptCommand(request));
      return { KeyId: present(answer.KeyId, 'KeyId'), Plaintext: present(answer.Plaintext, 'Plaintext') };
    },
  };
}
