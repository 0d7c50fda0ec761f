import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyContext } from '#shared/custody/envelope.ts';
import { createKmsKeyDecryptor } from '#shared/custody/kms-key-decryptor.ts';
import { createKmsKeyEncryptor } from '#shared/custody/kms-key-encryptor.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeKms, TEST_KMS_KEY_ARN } from '#test/support/fakes/fake-kms.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { testKeyBytes } from '#test/support/fakes/test-signer.ts';

const RUNS = { seed: 20_261_121, numRuns: 200 };
const CONTEXT: KeyContext = { wallet_id: TEST_WALLET.id, address: TEST_WALLET.address, purpose: 'treasury' };

const kms = createFakeKms();
const encryptor = createKmsKeyEncryptor(TEST_KMS_KEY_ARN, kms.encrypting);
const decryptor = createKmsKeyDecryptor(TEST_KMS_KEY_ARN, kms.decrypting);

async function isRefused(ciphertext: Uint8Array): Promise<void> {
  const error = await caughtLater(HavenError, () => decryptor.decrypt(ciphertext, CONTEXT));
  expect(error.code).toBe('KEY_DECRYPTION_FAILED');
}

describe('a ciphertext that was altered is refused', () => {
  it('by any single bit', async () => {
    const ciphertext = await encryptor.encrypt(testKeyBytes(), CONTEXT);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: ciphertext.length - 1 }), fc.nat({ max: 7 }), async (place, bit) => {
        const altered = new Uint8Array(ciphertext);
        altered[place] = (altered[place] ?? 0) ^ (1 << bit);
        await isRefused(altered);
      }),
      RUNS,
    );
  });

  it('by being cut anywhere', async () => {
    const ciphertext = await encryptor.encrypt(testKeyBytes(), CONTEXT);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: ciphertext.length - 1 }), async (length) => {
        await isRefused(new Uint8Array(ciphertext.slice(0, length)));
      }),
      RUNS,
    );
  });
});

describe('bytes after a ciphertext', () => {
  it('change nothing of the key that it gives', async () => {
    const ciphertext = await encryptor.encrypt(testKeyBytes(), CONTEXT);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 40 }), async (extra) => {
        const decrypted = await decryptor.decrypt(new Uint8Array([...ciphertext, ...extra]), CONTEXT);
        expect(new Uint8Array(decrypted)).toEqual(testKeyBytes());
      }),
      { ...RUNS, numRuns: 50 },
    );
  });
});

describe('any key and any wallet', () => {
  it('come back as they were encrypted', async () => {
    const context = fc.record({
      wallet_id: fc.string({ minLength: 1, maxLength: 40 }),
      address: fc.string({ minLength: 1, maxLength: 42 }),
      purpose: fc.constantFrom('treasury', 'user', 'deposit'),
    });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), context, async (key, bound) => {
        const ciphertext = await encryptor.encrypt(key, bound);
        expect(new Uint8Array(await decryptor.decrypt(ciphertext, bound))).toEqual(key);
      }),
      { ...RUNS, numRuns: 100 },
    );
  });
});
