import { KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';
import { type Digest, type SignedDigest, signedBytes } from './digest.ts';

/** Signs what an anchor says. */
export type SignDigest = (digest: Digest) => Promise<SignedDigest>;

/**
 * Signs with the anchor key, which never leaves KMS. Apart from `anchor-key.ts`, which is loaded whole by who only verifies: what may not
 * sign has no code to ask for it.
 *
 * @param keyArn an ECC_NIST_P256 key
 */
export function createDigestSigner(keyArn: string, kms = new KMSClient(awsClientOptions())): SignDigest {
  return async (digest) => {
    const { Signature } = await kms.send(
      new SignCommand({
        KeyId: keyArn,
        Message: signedBytes(digest),
        MessageType: 'DIGEST',
        SigningAlgorithm: 'ECDSA_SHA_256',
      }),
    );
    if (Signature === undefined) throw new Error('KMS left out the signature');
    return { digest, algorithm: 'ECDSA_SHA_256', key: keyArn, signature: Buffer.from(Signature).toString('base64') };
  };
}
