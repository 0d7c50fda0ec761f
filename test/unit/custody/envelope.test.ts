import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { KeyContext } from '#shared/custody/envelope.ts';
import { createKmsKeyDecryptor } from '#shared/custody/kms-key-decryptor.ts';
import { createKmsKeyEncryptor } from '#shared/custody/kms-key-encryptor.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeKms, type FakeKms, kmsRefusal, TEST_KMS_KEY_ARN } from '#test/support/fakes/fake-kms.ts';
import { KEY_ENCODINGS, survives, TEST_PRIVATE_KEY } from '#test/support/fakes/key-encodings.ts';
import { TEST_RECIPIENT, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { testKeyBytes } from '#test/support/fakes/test-signer.ts';

const CONTEXT: KeyContext = { wallet_id: TEST_WALLET.id, address: TEST_WALLET.address, purpose: 'treasury' };
const OTHER_ARN = TEST_KMS_KEY_ARN.replace(/1$/, '2');

const encryptor = (kms: FakeKms, arn = TEST_KMS_KEY_ARN) => createKmsKeyEncryptor(arn, kms.encrypting);
const decryptor = (kms: FakeKms, arn = TEST_KMS_KEY_ARN) => createKmsKeyDecryptor(arn, kms.decrypting);

describe('an encrypted key', () => {
  it('comes back under its own context', async () => {
    const kms = createFakeKms();
    const ciphertext = await encryptor(kms).encrypt(testKeyBytes(), CONTEXT);
    expect(new Uint8Array(await decryptor(kms).decrypt(ciphertext, CONTEXT))).toEqual(testKeyBytes());
  });

  it('took one data key, bound by KMS to exactly this context', async () => {
    const kms = createFakeKms();
    await encryptor(kms).encrypt(testKeyBytes(), CONTEXT);
    expect(kms.made).toEqual([{ keyId: TEST_KMS_KEY_ARN, context: CONTEXT }]);
  });

  it('has a data key of its own each time', async () => {
    const kms = createFakeKms();
    const both = await Promise.all([1, 2].map(() => encryptor(kms).encrypt(testKeyBytes(), CONTEXT)));
    expect(kms.made).toHaveLength(2);
    expect(Buffer.from(both[0] ?? []).equals(Buffer.from(both[1] ?? []))).toBe(false);
  });

  it('is a message of version 2 in suite 0x0478: AES-256-GCM with key commitment, without a signature', async () => {
    const ciphertext = await encryptor(createFakeKms()).encrypt(testKeyBytes(), CONTEXT);
    expect(Buffer.from(ciphertext).subarray(0, 3).toString('hex')).toBe('020478');
    expect(Buffer.from(ciphertext).includes('aws-crypto-public-key')).toBe(false);
  });

  it('shows nothing of the key', async () => {
    const ciphertext = Buffer.from(await encryptor(createFakeKms()).encrypt(testKeyBytes(), CONTEXT));
    for (const start of [0, 8, 16, 24]) {
      expect(ciphertext.includes(Buffer.from(testKeyBytes().subarray(start, start + 8)))).toBe(false);
    }
  });

  it('leaves the key as it was: its owner overwrites it', async () => {
    const key = testKeyBytes();
    await encryptor(createFakeKms()).encrypt(key, CONTEXT);
    expect(key).toEqual(testKeyBytes());
  });
});

describe('a KMS that gives no answer', () => {
  it.each([
    ['times out', Object.assign(new Error('no answer'), { name: 'TimeoutError' })],
    [
      'has a fault',
      Object.assign(new Error('x'), { name: 'KMSInternalException', $metadata: { httpStatusCode: 500 } }),
    ],
    ['throttles', Object.assign(new Error('x'), { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } })],
  ])('and %s does not look like a key that was tampered with', async (_name, failure) => {
    const kms = createFakeKms();
    const ciphertext = await encryptor(kms).encrypt(testKeyBytes(), CONTEXT);
    const down = createKmsKeyDecryptor(TEST_KMS_KEY_ARN, { ...kms.decrypting, decrypt: () => Promise.reject(failure) });
    const error = await caughtLater(HavenError, () => down.decrypt(ciphertext, CONTEXT));
    expect([error.code, error.cause]).toEqual(['CIRCUIT_OPEN', failure]);
  });
});

describe('decryption fails with KEY_DECRYPTION_FAILED', () => {
  it.each<[string, Partial<Record<keyof KeyContext, string>>]>([
    ['another wallet', { wallet_id: 'wal_other' }],
    ['another address', { address: TEST_RECIPIENT }],
    ['the same address in lower case', { address: TEST_WALLET.address.toLowerCase() }],
    ['another purpose', { purpose: 'user' }],
  ])('for %s', async (_name, difference) => {
    const kms = createFakeKms();
    const ciphertext = await encryptor(kms).encrypt(testKeyBytes(), CONTEXT);
    const expected = Object.assign({ ...CONTEXT }, difference);
    const error = await caughtLater(HavenError, () => decryptor(kms).decrypt(ciphertext, expected));
    expect(error.code).toBe('KEY_DECRYPTION_FAILED');
  });

  it.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, string>>]>([
    ['the ciphertext is bound to more than the wallet has', { stage: 'test' }, {}],
    ['the ciphertext is bound to less than the wallet has', {}, { stage: 'test' }],
  ])('when %s', async (_name, bound, expected) => {
    const kms = createFakeKms();
    const ciphertext = await encryptor(kms).encrypt(testKeyBytes(), { ...CONTEXT, ...bound });
    const error = await caughtLater(HavenError, () => decryptor(kms).decrypt(ciphertext, { ...CONTEXT, ...expected }));
    expect(error.code).toBe('KEY_DECRYPTION_FAILED');
  });

  it('when two wallets have each other’s ciphertext', async () => {
    const kms = createFakeKms();
    const other: KeyContext = { wallet_id: 'wal_other', address: TEST_RECIPIENT, purpose: 'treasury' };
    const mine = await encryptor(kms).encrypt(testKeyBytes(), CONTEXT);
    const theirs = await encryptor(kms).encrypt(testKeyBytes(), other);
    for (const [ciphertext, context] of [
      [theirs, CONTEXT],
      [mine, other],
    ] as const) {
      const error = await caughtLater(HavenError, () => decryptor(kms).decrypt(ciphertext, context));
      expect(error.code).toBe('KEY_DECRYPTION_FAILED');
    }
  });

  it.each([
    ['another KMS key than the stage’s encrypted it', OTHER_ARN, TEST_KMS_KEY_ARN],
    ['the stage has another KMS key', TEST_KMS_KEY_ARN, OTHER_ARN],
  ])('when %s', async (_name, encryptedUnder, stageKey) => {
    const kms = createFakeKms();
    const ciphertext = await encryptor(kms, encryptedUnder).encrypt(testKeyBytes(), CONTEXT);
    const error = await caughtLater(HavenError, () => decryptor(kms, stageKey).decrypt(ciphertext, CONTEXT));
    expect(error.code).toBe('KEY_DECRYPTION_FAILED');
    expect(kms.opened).toEqual([]);
  });

  it('when KMS itself refuses, and keeps why for the log', async () => {
    const kms = createFakeKms();
    const ciphertext = await encryptor(kms).encrypt(testKeyBytes(), CONTEXT);
    const decrypt = () => Promise.reject(kmsRefusal('DisabledException'));
    const broken = createKmsKeyDecryptor(TEST_KMS_KEY_ARN, { ...kms.decrypting, decrypt });
    const error = await caughtLater(HavenError, () => broken.decrypt(ciphertext, CONTEXT));
    expect(error.code).toBe('KEY_DECRYPTION_FAILED');
    expect(inspect(error.cause)).toContain('DisabledException');
  });

  it('and says nothing of the key, however it is printed', async () => {
    const kms = createFakeKms();
    const ciphertext = await encryptor(kms).encrypt(testKeyBytes(), CONTEXT);
    const error = await caughtLater(HavenError, () =>
      decryptor(kms).decrypt(ciphertext, { ...CONTEXT, wallet_id: 'wal_other' }),
    );
    const shown = inspect(error, { depth: null, showHidden: true });
    for (const encode of Object.values(KEY_ENCODINGS)) expect(survives(encode(TEST_PRIVATE_KEY), shown)).toBe(false);
  });
});

describe('encryption', () => {
  it('fails when KMS makes no data key', async () => {
    const kms = createFakeKms();
    const down = { ...kms.encrypting, generateDataKey: () => Promise.reject(new Error('ThrottlingException')) };
    await expect(createKmsKeyEncryptor(TEST_KMS_KEY_ARN, down).encrypt(testKeyBytes(), CONTEXT)).rejects.toThrow();
  });
});
