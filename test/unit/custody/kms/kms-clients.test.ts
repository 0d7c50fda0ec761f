import { secp256k1 } from '@noble/curves/secp256k1';
import { describe, expect, it } from 'vitest';
import { kmsKeyDescription, walletOfDescription } from '#shared/custody/kms/key-description.ts';
import { createKmsKeyMaker, NotASigningKey } from '#shared/custody/kms/kms-key-maker.ts';
import { createKmsKeyReader } from '#shared/custody/kms/kms-key-store.ts';
import { signingClient } from '#shared/custody/kms/kms-signing-client.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { scriptedKmsClient } from '#test/support/fakes/fake-kms.ts';
import { spkiOf } from '#test/support/fakes/fake-signing-kms.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createScriptedAws, type ScriptedAnswer, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';
import { testKeyBytes } from '#test/support/fakes/test-signer.ts';

const ARN = 'arn:aws:kms:eu-central-1:000000000000:key/00000000-0000-4000-8000-000000000001';
const POLICY = '{"Statement":[]}';
const POINT = secp256k1.getPublicKey(testKeyBytes(), false);
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

function far(answer: ScriptedAnswer) {
  const aws = createScriptedAws(() => answer);
  const kms = scriptedKmsClient(aws);
  return { aws, maker: createKmsKeyMaker({ stage: 'test', policy: POLICY }, kms), signer: signingClient(kms) };
}

describe('making a key', () => {
  it('asks for a key that signs for Ethereum, of this region, under the policy of the stage, and for nothing else', async () => {
    const { aws, maker } = far({ body: { KeyMetadata: { KeyId: 'x', Arn: ARN } } });
    expect(await maker.create(TEST_WALLET.id)).toBe(ARN);
    expect(aws.requests).toEqual([
      {
        operation: 'CreateKey',
        body: {
          KeySpec: 'ECC_SECG_P256K1',
          KeyUsage: 'SIGN_VERIFY',
          Origin: 'AWS_KMS',
          MultiRegion: false,
          Description: kmsKeyDescription('test', TEST_WALLET.id),
          Policy: POLICY,
          BypassPolicyLockoutSafetyCheck: true,
        },
      },
    ]);
  });

  it('describes it so that its stage and wallet are found again, and nothing else passes for one', () => {
    const description = kmsKeyDescription('test', TEST_WALLET.id);
    expect(walletOfDescription('test', description)).toBe(TEST_WALLET.id);
    for (const other of [`${description} `, description.toLowerCase(), TEST_WALLET.id, '']) {
      expect(walletOfDescription('test', other)).toBeUndefined();
    }
    expect(walletOfDescription('tes', description)).toBeUndefined();
  });

  it('fails when KMS leaves out the ARN', async () => {
    await expect(far({ body: {} }).maker.create(TEST_WALLET.id)).rejects.toThrow('KeyMetadata');
  });
});

describe('the public key of a key', () => {
  const whole = { KeySpec: 'ECC_SECG_P256K1', KeyUsage: 'SIGN_VERIFY', PublicKey: base64(spkiOf(POINT)) };

  it('is the point that KMS shows', async () => {
    expect(await far({ body: whole }).maker.publicKey(ARN)).toEqual(POINT);
  });

  it.each([
    ['another curve', { KeySpec: 'ECC_NIST_P256' }],
    ['another usage', { KeyUsage: 'KEY_AGREEMENT' }],
    ['no public key', { PublicKey: undefined }],
    ['what is no public key', { PublicKey: base64(POINT) }],
  ])('is refused with %s', async (_name, difference) => {
    await expect(far({ body: { ...whole, ...difference } }).maker.publicKey(ARN)).rejects.toThrow(NotASigningKey);
  });
});

describe('asking KMS to sign', () => {
  it('gives it the digest as a digest, once', async () => {
    const { aws, signer } = far({ body: { Signature: base64(new Uint8Array([1, 2])) } });
    const digest = new Uint8Array(32).fill(7);
    expect(await signer.sign(ARN, digest)).toEqual(new Uint8Array([1, 2]));
    const body = { KeyId: ARN, Message: base64(digest), MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' };
    expect(aws.requests).toEqual([{ operation: 'Sign', body }]);
  });

  it('fails when KMS leaves out the signature', async () => {
    await expect(far({ body: {} }).signer.sign(ARN, new Uint8Array(32))).rejects.toThrow('Signature');
  });
});

describe('asking KMS for what a key was made', () => {
  it('reads its description, once', async () => {
    const { aws, signer } = far({ body: { KeyMetadata: { KeyId: 'x', Arn: ARN, Description: 'for a wallet' } } });
    expect(await signer.describe(ARN)).toBe('for a wallet');
    expect(aws.requests).toEqual([{ operation: 'DescribeKey', body: { KeyId: ARN } }]);
  });

  it.each([{}, { KeyMetadata: { KeyId: 'x' } }])('is for nothing when KMS answers %j', async (body) => {
    expect(await far({ body }).signer.describe(ARN)).toBe('');
  });
});

describe('the key row of a wallet of the kms tier', () => {
  function reading(row?: object) {
    const dynamo = createMemoryDynamo({ keys: ['pk'] });
    if (row !== undefined) dynamo.put('keys', { pk: TEST_WALLET.id, ...row });
    const aws = createScriptedAws((request) => dynamo.answer(request));
    return { aws, reader: createKmsKeyReader(scriptedDocumentClient(aws), 'keys') };
  }

  it('is read once', async () => {
    const { aws, reader } = reading({ kms_key_arn: ARN });
    expect([await reader.read(TEST_WALLET.id), await reader.read(TEST_WALLET.id)]).toEqual([ARN, ARN]);
    expect(aws.requests).toHaveLength(1);
  });

  it.each<[string, object | undefined]>([
    ['is not there', undefined],
    ['has a ciphertext in its place', { ciphertext: new Uint8Array([1]) }],
    [
      'names an alias, which could be pointed elsewhere',
      { kms_key_arn: 'arn:aws:kms:eu-central-1:000000000000:alias/x' },
    ],
    ['names what is no ARN', { kms_key_arn: 'key' }],
  ])('is refused when it %s', async (_name, row) => {
    const error = await caughtLater(HavenError, () => reading(row).reader.read(TEST_WALLET.id));
    expect(error.code).toBe('KEY_DECRYPTION_FAILED');
  });
});
