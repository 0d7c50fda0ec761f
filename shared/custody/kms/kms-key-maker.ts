import { CreateKeyCommand, GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';
import { kmsKeyDescription } from './key-description.ts';
import { parsePublicKey } from './public-key.ts';

/** Makes keys in KMS; can't sign with them. */
export interface KmsKeyMaker {
  /**
   * Makes a key for a wallet, once: asked twice, KMS makes two.
   *
   * @returns its ARN
   * @throws what the SDK throws
   */
  create(walletId: string): Promise<string>;
  /**
   * The public key of a key: 65 bytes, 0x04, x, y.
   *
   * @throws what the SDK throws; NotASigningKey
   */
  publicKey(keyArn: string): Promise<Uint8Array>;
}

/** KMS has something else under the name of a key than one that signs for Ethereum. */
export class NotASigningKey extends Error {}

/** What keys are made with. */
export interface KmsKeySettings {
  /** Names the stage in descriptions. */
  readonly stage: string;
  /** The policy of every key, as JSON: made by the deployment, which knows the roles (lib/stacks/custody-stack.ts). */
  readonly policy: string;
}

/**
 * Makes ECC_SECG_P256K1 keys, whose private part never leaves KMS, each under a policy that names who may sign.
 *
 * @param kms tries nothing again: a repeated CreateKey is a second key
 */
export function createKmsKeyMaker(
  { stage, policy }: KmsKeySettings,
  kms = new KMSClient({ ...awsClientOptions(), maxAttempts: 1 }),
): KmsKeyMaker {
  return {
    async create(walletId) {
      const { KeyMetadata } = await kms.send(
        new CreateKeyCommand({
          KeySpec: 'ECC_SECG_P256K1',
          KeyUsage: 'SIGN_VERIFY',
          Origin: 'AWS_KMS',
          MultiRegion: false,
          Description: kmsKeyDescription(stage, walletId),
          Policy: policy,
          // KMS wants the maker itself to be able to change the policy. Here the account's root can, the maker must not.
          BypassPolicyLockoutSafetyCheck: true,
        }),
      );
      if (KeyMetadata?.Arn === undefined) throw new Error('KMS left out KeyMetadata');
      return KeyMetadata.Arn;
    },

    async publicKey(keyArn) {
      const { KeySpec, KeyUsage, PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: keyArn }));
      if (KeySpec !== 'ECC_SECG_P256K1' || KeyUsage !== 'SIGN_VERIFY' || PublicKey === undefined) {
        throw new NotASigningKey(`${keyArn} is a key of another kind`);
      }
      const publicKey = parsePublicKey(PublicKey);
      if (publicKey === undefined) throw new NotASigningKey(`${keyArn} has no public key of secp256k1`);
      return publicKey;
    },
  };
}
