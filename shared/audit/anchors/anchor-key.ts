import { createPublicKey, type KeyObject } from 'node:crypto';
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';

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
