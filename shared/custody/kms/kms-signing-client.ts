import { DescribeKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';

/** Asks KMS for signatures, and for what a key was made. */
export interface KmsSigningClient {
  /**
   * Signs a digest with a key that KMS keeps, once: who asks decides what is tried again.
   *
   * @param keyArn an ECC_SECG_P256K1 key of usage SIGN_VERIFY
   * @param digest 32 bytes
   * @returns an ECDSA signature in DER, another one each time
   * @throws what the SDK throws
   */
  sign(keyArn: string, digest: Uint8Array): Promise<Uint8Array>;
  /**
   * The description that a key was made with, asked for once.
   *
   * @throws what the SDK throws
   */
  describe(keyArn: string): Promise<string>;
}

/** A KMS client that can only sign and describe. The digest is one already: KMS must not hash it again. */
export function signingClient(kms = new KMSClient({ ...awsClientOptions(), maxAttempts: 1 })): KmsSigningClient {
  return {
    async sign(keyArn, digest) {
      const { Signature } = await kms.send(
        new SignCommand({
          KeyId: keyArn,
          Message: digest,
          MessageType: 'DIGEST',
          SigningAlgorithm: 'ECDSA_SHA_256',
        }),
      );
      if (Signature === undefined) throw new Error('KMS left out Signature');
      return Signature;
    },

    async describe(keyArn) {
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: keyArn }));
      return KeyMetadata?.Description ?? '';
    },
  };
}
