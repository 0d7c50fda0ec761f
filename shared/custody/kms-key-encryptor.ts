import { buildEncrypt } from '@aws-crypto/encrypt-node';
import { KmsKeyringNode } from '@aws-crypto/kms-keyring-node';
import { AlgorithmSuiteIdentifier, CommitmentPolicy } from '@aws-crypto/material-management-node';
import type { KeyEncryptor } from './envelope.ts';
import { dataKeyClient } from './kms-client.ts';

/**
 * Envelope encryption by the AWS Encryption SDK: a data key from KMS (GenerateDataKey, under the context), AES-256-GCM
 * with HKDF and key commitment (suite 0x0478). No signing suite: whoever may encrypt may also have written the row.
 * https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/supported-algorithms.html
 *
 * @param kmsKeyArn the stage's wallet key
 */
export function createKmsKeyEncryptor(kmsKeyArn: string, client = dataKeyClient()): KeyEncryptor {
  const { encrypt } = buildEncrypt(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const keyring = new KmsKeyringNode({ generatorKeyId: kmsKeyArn, clientProvider: () => client });
  return {
    async encrypt(privateKey, context) {
      const { result } = await encrypt(keyring, privateKey, {
        encryptionContext: { ...context },
        suiteId: AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
      });
      return result;
    },
  };
}
