import { createPublicKey, type KeyObject } from 'node:crypto';
import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';
import { type Digest, type SignedDigest, signedBytes } from './digest.ts';

/** Signs what an anchor says. */
export type SignDigest = (digest: Digest) => Promise<SignedDigest>;

/**
 * Signs with the anchor key, which never leaves KMS.
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

/**
 * The anchor key's public half, from KMS: whoever can write the bucket can't make another one count. Asked for once;
 * it never changes.
 */
export function createPublicKeyReader(
  keyArn: string,
  kms = new KMSClient(awsClientOptions()),
): () => Promise<KeyObject> {
  let known: KeyObject | undefined;
  return async () => {
    if (known === undefined) {
      const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: keyArn }));
      if (PublicKey === undefined) throw new Error('KMS left out the public key');
      known = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
    }
    return known;
  };
}
