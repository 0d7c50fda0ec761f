import { describe, expect, it } from 'vitest';
import { createKmsKeyEncryptor } from '#shared/custody/kms-key-encryptor.ts';
import { kmsKeysOf } from '#shared/custody/maintenance/ciphertext-keys.ts';
import { sampleOf } from '#shared/custody/maintenance/walk-wallets.ts';
import { createFakeKms, TEST_KMS_KEY_ARN } from '#test/support/fakes/fake-kms.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { testKeyBytes } from '#test/support/fakes/test-signer.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

async function* letters(count: number) {
  for (let nth = 0; nth < count; nth += 1) yield `w${nth}`;
}

describe('a sample', () => {
  const random = seededRandom(20_261_122);
  const draw = (below: number) => Math.floor(random() * below);

  it('is all there is when that is no more than was asked for', async () => {
    expect(await sampleOf(letters(3), 5, draw)).toEqual(['w0', 'w1', 'w2']);
  });

  it('has as many different ones as were asked for, each as likely as any', async () => {
    const counts = new Map<string, number>();
    const rounds = 4_000;
    for (let round = 0; round < rounds; round += 1) {
      const drawn = await sampleOf(letters(10), 3, draw);
      expect(new Set(drawn).size).toBe(3);
      for (const one of drawn) counts.set(one, (counts.get(one) ?? 0) + 1);
    }
    // 1,200 of each are expected; five standard deviations are 145.
    expect([...counts.values()].filter((count) => Math.abs(count - 1_200) > 145)).toEqual([]);
    expect(counts.size).toBe(10);
  });
});

describe('the KMS key of a ciphertext', () => {
  it('is told by its header', async () => {
    const { id, address, purpose } = TEST_WALLET;
    const encryptor = createKmsKeyEncryptor(TEST_KMS_KEY_ARN, createFakeKms().encrypting);
    const ciphertext = await encryptor.encrypt(testKeyBytes(), { wallet_id: id, address, purpose });
    expect(kmsKeysOf(ciphertext)).toEqual([TEST_KMS_KEY_ARN]);
    // Cut anywhere in the header it is none, and never something else.
    for (let length = 0; length < ciphertext.length; length += 1) {
      expect([undefined, TEST_KMS_KEY_ARN]).toContain(kmsKeysOf(ciphertext.slice(0, length))?.join());
    }
  });

  it('is not told of what is no such message', () => {
    expect(kmsKeysOf(new Uint8Array())).toBeUndefined();
    expect(kmsKeysOf(new Uint8Array(100).fill(1))).toBeUndefined();
  });
});
