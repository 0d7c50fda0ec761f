import { describe, expect, it } from 'vitest';
import { decryptStored } from '#shared/custody/decrypt-stored.ts';
import { createKmsKeyDecryptor } from '#shared/custody/kms-key-decryptor.ts';
import { createKmsKeyEncryptor } from '#shared/custody/kms-key-encryptor.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { createFakeKms, kmsRefusal, TEST_KMS_KEY_ARN } from '#test/support/fakes/fake-kms.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { testKeyBytes } from '#test/support/fakes/test-signer.ts';

const NEW_KMS_KEY_ARN = TEST_KMS_KEY_ARN.replace(/1$/, '2');
const CONTEXT = { wallet_id: TEST_WALLET.id, address: TEST_WALLET.address, purpose: TEST_WALLET.purpose };

/** A wallet's key under two KMS keys, one of which can be disabled, and a reader that remembers the first ciphertext. */
async function twoKeys() {
  const kms = createFakeKms();
  const under = (arn: string) => createKmsKeyEncryptor(arn, kms.encrypting).encrypt(testKeyBytes(), CONTEXT);
  const [old, next] = [await under(TEST_KMS_KEY_ARN), await under(NEW_KMS_KEY_ARN)];
  const disabled = new Set<string | undefined>();
  const client = {
    ...kms.decrypting,
    decrypt: (request: Parameters<typeof kms.decrypting.decrypt>[0]) =>
      disabled.has(request.KeyId) ? Promise.reject(kmsRefusal('DisabledException')) : kms.decrypting.decrypt(request),
  };
  let stored = old;
  const reads: string[] = [];
  const reader = {
    async read(_walletId: string, from: 'memory' | 'table' = 'memory') {
      reads.push(from);
      return from === 'memory' ? old : stored;
    },
  };
  const decryptor = (arns: string | string[]) => createKmsKeyDecryptor(arns, client);
  return {
    decryptor,
    disabled,
    reads,
    decrypt: (arns: string | string[] = [NEW_KMS_KEY_ARN, TEST_KMS_KEY_ARN]) =>
      decryptStored(reader, decryptor(arns), TEST_WALLET),
    move: () => {
      stored = next;
    },
    next,
  };
}

describe('while keys are moved from one KMS key to another', () => {
  it('either ciphertext decrypts, and a remembered one is not read again', async () => {
    const { decrypt, decryptor, move, next, reads } = await twoKeys();
    expect(new Uint8Array(await decrypt())).toEqual(testKeyBytes());
    move();
    expect(new Uint8Array(await decrypt())).toEqual(testKeyBytes());
    expect(reads).toEqual(['memory', 'memory']);
    const both = decryptor([TEST_KMS_KEY_ARN, NEW_KMS_KEY_ARN]);
    expect(new Uint8Array(await both.decrypt(next, CONTEXT))).toEqual(testKeyBytes());
  });

  it('a KMS key that is not listed is never asked', async () => {
    const { decrypt } = await twoKeys();
    await expect(decrypt(NEW_KMS_KEY_ARN)).rejects.toMatchObject({ code: 'KEY_DECRYPTION_FAILED' });
  });
});

describe('once the old KMS key is disabled', () => {
  it('a remembered ciphertext that does not decrypt any more is read again, and the new one decrypts', async () => {
    const { decrypt, disabled, move, reads } = await twoKeys();
    move();
    disabled.add(TEST_KMS_KEY_ARN);
    expect(new Uint8Array(await decrypt())).toEqual(testKeyBytes());
    expect(reads).toEqual(['memory', 'table']);
  });

  it('one that is stored as it was remembered fails, after one look', async () => {
    const { decrypt, disabled, reads } = await twoKeys();
    disabled.add(TEST_KMS_KEY_ARN);
    await expect(decrypt()).rejects.toMatchObject({ code: 'KEY_DECRYPTION_FAILED' });
    expect(reads).toEqual(['memory', 'table']);
  });
});

it('an outage of KMS says nothing of a ciphertext: it is not read again', async () => {
  const reads: string[] = [];
  const outage = new HavenError('CIRCUIT_OPEN', 'KMS gives no answer');
  const reader = {
    read: async (_id: string, from = 'memory') => {
      reads.push(from);
      return new Uint8Array([1]);
    },
  };
  await expect(decryptStored(reader, { decrypt: () => Promise.reject(outage) }, TEST_WALLET)).rejects.toBe(outage);
  expect(reads).toEqual(['memory']);
});
