import { recoverAddress } from 'ethers';
import { describe, expect, it } from 'vitest';
import { addressOfPublicKey } from '#shared/custody/curve.ts';
import { createKmsSigner } from '#shared/custody/kms/kms-signer.ts';
import { createTierSigner, type Signer } from '#shared/custody/signer.ts';
import type { WalletIdentity } from '#shared/custody/wallet.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { kmsRefusal } from '#test/support/fakes/fake-kms.ts';
import { createFakeSigningKms } from '#test/support/fakes/fake-signing-kms.ts';
import { TEST_RECIPIENT, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createRecordingSleep } from '#test/support/fakes/recording-sleep.ts';
import { createTestSigner } from '#test/support/fakes/test-signer.ts';

/** As the fake describes its keys. */
const TEST_STAGE = { stage: 'test' };
const digest = (fill: number) => new Uint8Array(32).fill(fill);
const throttled = () =>
  Object.assign(new Error('slow down'), { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } });
const OUTAGES = [
  ['times out', () => Object.assign(new Error('no answer'), { name: 'TimeoutError' })],
  [
    'has a fault',
    () => Object.assign(new Error('x'), { name: 'KMSInternalException', $metadata: { httpStatusCode: 500 } }),
  ],
  ['throttles', throttled],
] as const;

/** A wallet with a key in KMS, and its signer. */
async function signing() {
  const kms = createFakeSigningKms();
  const arn = await kms.maker.create(TEST_WALLET.id);
  const address = addressOfPublicKey(await kms.maker.publicKey(arn));
  const wallet: WalletIdentity = { id: TEST_WALLET.id, address, purpose: 'treasury', custody: 'kms' };
  const clock = createFakeClock();
  const waits = createRecordingSleep(clock);
  const keys = { arn };
  const signer = createKmsSigner({ read: async () => keys.arn }, kms.client, {
    ...TEST_STAGE,
    clock: clock.now,
    wait: waits.sleep,
  });
  return { kms, keys, wallet, signer, clock, waits };
}

describe('signing in KMS', () => {
  it('gives one signature per digest, in their order, each of the wallet and with a low s', async () => {
    const { signer, wallet } = await signing();
    const digests = Array.from({ length: 11 }, (_, index) => digest(index));
    const signatures = await signer.sign(wallet, digests);
    expect(digests.map((one, index) => recoverAddress(one, signatures[index] ?? '0x'))).toEqual(
      digests.map(() => wallet.address),
    );
  });

  it('keeps that order when KMS answers in another', async () => {
    const { kms, wallet } = await signing();
    const [arn = ''] = kms.keys.keys();
    const late: (() => void)[] = [];
    const reversed = createKmsSigner(
      { read: async () => arn },
      {
        ...kms.client,
        async sign(keyArn, one) {
          await new Promise<void>((resolve) => {
            late.push(resolve);
            if (late.length === 3) for (const next of late.toReversed()) next();
          });
          return kms.client.sign(keyArn, one);
        },
      },
      TEST_STAGE,
    );
    const digests = [digest(1), digest(2), digest(3)];
    const signatures = await reversed.sign(wallet, digests);
    expect(signatures.map((signature, index) => recoverAddress(digests[index] ?? '0x', signature))).toEqual(
      digests.map(() => wallet.address),
    );
  });

  it('asks for few at once: the quota is the account’s', async () => {
    const { kms, wallet, keys } = await signing();
    let [now, most] = [0, 0];
    const counting = createKmsSigner(
      { read: async () => keys.arn },
      {
        ...kms.client,
        async sign(keyArn, one) {
          now += 1;
          most = Math.max(most, now);
          await Promise.resolve();
          now -= 1;
          return kms.client.sign(keyArn, one);
        },
      },
      TEST_STAGE,
    );
    await counting.sign(
      wallet,
      Array.from({ length: 16 }, (_, index) => digest(index)),
    );
    expect(most).toBe(4);
  });

  it('asks once for which wallet a key was made, however often it signs, and again after an answer that never came', async () => {
    const { kms, wallet, signer } = await signing();
    let asked = 0;
    kms.before('describe', () => {
      asked += 1;
      if (asked === 1) throw throttled();
    });
    for (const fill of [1, 2, 3]) expect(await signer.sign(wallet, [digest(fill)])).toHaveLength(1);
    expect(asked).toBe(2);
  });

  it.each([31, 33, 0])('asks KMS for nothing when a digest has %i bytes', async (length) => {
    const { signer, wallet, kms } = await signing();
    kms.before('sign', () => {
      throw new Error('asked');
    });
    await expect(signer.sign(wallet, [digest(1), new Uint8Array(length)])).rejects.toThrow(RangeError);
  });
});

describe('a KMS that gives no answer', () => {
  it.each(OUTAGES)('and %s twice is asked again, later', async (_name, failure) => {
    const { signer, wallet, kms, waits } = await signing();
    let calls = 0;
    kms.before('sign', () => {
      calls += 1;
      if (calls <= 2) throw failure();
    });
    expect(await signer.sign(wallet, [digest(1)])).toHaveLength(1);
    expect([calls, waits.waitsMs.length]).toEqual([3, 2]);
  });

  it.each(OUTAGES)('and %s for good does not look like a key that was tampered with', async (_name, failure) => {
    const { signer, wallet, kms } = await signing();
    let calls = 0;
    kms.before('sign', () => {
      calls += 1;
      throw failure();
    });
    const error = await caughtLater(HavenError, () => signer.sign(wallet, [digest(1)]));
    expect([error.code, calls]).toEqual(['CIRCUIT_OPEN', 5]);
  });

  it('is not waited for beyond the deadline', async () => {
    const { signer, wallet, kms, clock } = await signing();
    kms.before('sign', () => {
      clock.advance(400);
      throw throttled();
    });
    const startMs = clock.now();
    const error = await caughtLater(HavenError, () => signer.sign(wallet, [digest(1)], Deadline.in(1_000, clock.now)));
    expect(error.code).toBe('CIRCUIT_OPEN');
    expect(clock.now() - startMs).toBeLessThan(2_000);
  });
});

describe('KEY_DECRYPTION_FAILED, at once', () => {
  it.each([
    'NotFoundException',
    'DisabledException',
    'KMSInvalidStateException',
    'AccessDeniedException',
    'InvalidKeyUsageException',
  ])('when KMS refuses with %s, which is kept for the log', async (name) => {
    const { signer, wallet, kms, waits } = await signing();
    kms.before('sign', () => {
      throw kmsRefusal(name);
    });
    const error = await caughtLater(HavenError, () => signer.sign(wallet, [digest(1)]));
    expect([error.code, error.cause]).toMatchObject(['KEY_DECRYPTION_FAILED', { name }]);
    expect(waits.waitsMs).toEqual([]);
  });

  it('when the key row names the key of another wallet', async () => {
    const { signer, wallet, kms, keys } = await signing();
    keys.arn = await kms.maker.create('wal_other');
    const error = await caughtLater(HavenError, () => signer.sign(wallet, [digest(1)]));
    expect(error.code).toBe('KEY_DECRYPTION_FAILED');
  });

  it('when another wallet names the key and the address of a treasury: a key signs for the wallet that it was made for', async () => {
    const { signer, wallet } = await signing();
    const thief: WalletIdentity = { ...wallet, id: 'wal_01JD8Q4X7M5N2V9C3R6T0W0000', purpose: 'user' };
    for (const _ of ['first look', 'remembered']) {
      const error = await caughtLater(HavenError, () => signer.sign(thief, [digest(1)]));
      expect(error).toMatchObject({ code: 'KEY_DECRYPTION_FAILED', message: expect.stringMatching(/something else$/) });
    }
    expect(await signer.sign(wallet, [digest(1)])).toHaveLength(1);
  });

  it.each(['tes', 'test ', 'Test'])('when the key is one of the stage %j', async (stage) => {
    const { kms, wallet, keys } = await signing();
    const other = createKmsSigner({ read: async () => keys.arn }, kms.client, { stage });
    const error = await caughtLater(HavenError, () => other.sign(wallet, [digest(1)]));
    expect(error.code).toBe('KEY_DECRYPTION_FAILED');
  });

  it('when KMS may not say for whom the key was made: nothing is signed', async () => {
    const { kms, wallet, signer } = await signing();
    let signed = 0;
    kms.before('sign', () => {
      signed += 1;
    });
    kms.before('describe', () => {
      throw kmsRefusal('AccessDeniedException');
    });
    const error = await caughtLater(HavenError, () => signer.sign(wallet, [digest(1)]));
    expect([error.code, signed]).toEqual(['KEY_DECRYPTION_FAILED', 0]);
  });

  it('when the wallet has another address', async () => {
    const { signer, wallet } = await signing();
    const error = await caughtLater(HavenError, () => signer.sign({ ...wallet, address: TEST_RECIPIENT }, [digest(1)]));
    expect(error.code).toBe('KEY_DECRYPTION_FAILED');
  });

  it.each([
    ['nothing', () => new Uint8Array()],
    ['a signature with a byte behind it', (der: Uint8Array) => new Uint8Array([...der, 0])],
    [
      'a signature over something else',
      (der: Uint8Array) => der.map((byte, index) => (index === 10 ? byte ^ 1 : byte)),
    ],
  ])('when what KMS answers is %s', async (_name, alter) => {
    const { kms, wallet, keys } = await signing();
    const signer = createKmsSigner(
      { read: async () => keys.arn },
      { ...kms.client, sign: async (arn, one) => alter(await kms.client.sign(arn, one)) },
      TEST_STAGE,
    );
    const error = await caughtLater(HavenError, () => signer.sign(wallet, [digest(1)]));
    expect(error.code).toBe('KEY_DECRYPTION_FAILED');
  });

  it('when the key row is not there or says something else: as it was said', async () => {
    const { kms, wallet } = await signing();
    const failure = new HavenError('KEY_DECRYPTION_FAILED', 'no key');
    const signer = createKmsSigner({ read: () => Promise.reject(failure) }, kms.client, TEST_STAGE);
    expect(await caughtLater(HavenError, () => signer.sign(wallet, [digest(1)]))).toBe(failure);
  });
});

describe('the signer of both tiers', () => {
  it('signs each wallet by its own tier, and asks the other for nothing', async () => {
    const { signer, wallet } = await signing();
    const never: Signer = { sign: () => Promise.reject(new Error('the other tier')) };
    const [inKms] = await createTierSigner({ envelope: never, kms: signer }).sign(wallet, [digest(1)]);
    expect(recoverAddress(digest(1), inKms ?? '0x')).toBe(wallet.address);
    const [inEnvelope] = await createTierSigner({ envelope: createTestSigner(), kms: never }).sign(TEST_WALLET, [
      digest(1),
    ]);
    expect(recoverAddress(digest(1), inEnvelope ?? '0x')).toBe(TEST_WALLET.address);
  });
});
