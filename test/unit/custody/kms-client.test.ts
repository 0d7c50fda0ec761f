import { describe, expect, it } from 'vitest';
import { dataKeyClient, decryptClient } from '#shared/custody/kms-client.ts';
import { scriptedKmsClient, TEST_KMS_KEY_ARN } from '#test/support/fakes/fake-kms.ts';
import { createScriptedAws, type ScriptedAnswer } from '#test/support/fakes/scripted-aws.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const context = { wallet_id: 'wal_1' };

function clients(answer: ScriptedAnswer = { body: {} }) {
  const aws = createScriptedAws(() => answer);
  const kms = scriptedKmsClient(aws);
  return { aws, encrypting: dataKeyClient(kms), decrypting: decryptClient(kms) };
}

describe("the provisioner's KMS client", () => {
  it('makes data keys, bound to their context', async () => {
    const { aws, encrypting } = clients({
      body: { KeyId: TEST_KMS_KEY_ARN, Plaintext: base64('plain'), CiphertextBlob: base64('wrapped') },
    });
    const made = await encrypting.generateDataKey({
      KeyId: TEST_KMS_KEY_ARN,
      EncryptionContext: context,
      NumberOfBytes: 32,
    });
    expect(Buffer.from(made.Plaintext).toString()).toBe('plain');
    expect(Buffer.from(made.CiphertextBlob).toString()).toBe('wrapped');
    expect(aws.requests).toEqual([
      {
        operation: 'GenerateDataKey',
        body: { KeyId: TEST_KMS_KEY_ARN, EncryptionContext: context, NumberOfBytes: 32 },
      },
    ]);
  });

  it.each(['encrypt', 'decrypt'] as const)('may not %s: KMS is not even asked', async (operation) => {
    const { aws, encrypting } = clients();
    await expect(encrypting[operation]()).rejects.toThrow(/may not call kms:/);
    expect(aws.requests).toEqual([]);
  });

  it.each(['KeyId', 'Plaintext', 'CiphertextBlob'])('takes no answer without %s', async (missing) => {
    const whole = { KeyId: TEST_KMS_KEY_ARN, Plaintext: base64('plain'), CiphertextBlob: base64('wrapped') };
    const body = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== missing));
    await expect(clients({ body }).encrypting.generateDataKey({ KeyId: TEST_KMS_KEY_ARN })).rejects.toThrow(missing);
  });
});

describe("the lane worker's KMS client", () => {
  it('decrypts data keys, under their context', async () => {
    const { aws, decrypting } = clients({ body: { KeyId: TEST_KMS_KEY_ARN, Plaintext: base64('plain') } });
    const opened = await decrypting.decrypt({
      CiphertextBlob: Buffer.from('wrapped'),
      EncryptionContext: context,
      KeyId: TEST_KMS_KEY_ARN,
    });
    expect(Buffer.from(opened.Plaintext).toString()).toBe('plain');
    expect(aws.requests).toEqual([
      {
        operation: 'Decrypt',
        body: { CiphertextBlob: base64('wrapped'), EncryptionContext: context, KeyId: TEST_KMS_KEY_ARN },
      },
    ]);
  });

  it.each(['encrypt', 'generateDataKey'] as const)('may not %s: KMS is not even asked', async (operation) => {
    const { aws, decrypting } = clients();
    await expect(decrypting[operation]()).rejects.toThrow(/may not call kms:/);
    expect(aws.requests).toEqual([]);
  });

  it('passes on that KMS refuses', async () => {
    const refusal = { status: 400, body: { __type: 'InvalidCiphertextException', message: 'no' } };
    const { decrypting } = clients(refusal);
    await expect(decrypting.decrypt({ CiphertextBlob: Buffer.from('x') })).rejects.toThrow('no');
  });
});
