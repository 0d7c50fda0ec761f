import { recoverAddress } from 'ethers';
import { describe, expect, it } from 'vitest';
import type { KeyContext } from '#shared/custody/envelope.ts';
import { createEnvelopeSigner } from '#shared/custody/signer.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { TEST_RECIPIENT, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { testKeyBytes } from '#test/support/fakes/test-signer.ts';

const ZEROS = new Uint8Array(32);
/** Bytes that no address belongs to. */
const NO_KEYS = [
  ['zero', new Uint8Array(32)],
  ['above the order of the curve', new Uint8Array(32).fill(0xff)],
  ['too short', new Uint8Array(31).fill(1)],
] as const;
const digest = (fill: number) => new Uint8Array(32).fill(fill);

/** A signer whose decryptor gives a key that the test can look at afterwards. */
function signing(key: Uint8Array = testKeyBytes()) {
  const read: string[] = [];
  const decrypted: { readonly ciphertext: Uint8Array; readonly context: KeyContext }[] = [];
  const signer = createEnvelopeSigner(
    {
      async read(walletId) {
        read.push(walletId);
        return new Uint8Array([1, 2, 3]);
      },
    },
    {
      async decrypt(ciphertext, context) {
        decrypted.push({ ciphertext, context });
        return key;
      },
    },
  );
  return { signer, key, read, decrypted };
}

describe('signing', () => {
  it('gives one signature per digest, in their order, each of the wallet', async () => {
    const { signer } = signing();
    const digests = [digest(1), digest(2), digest(3)];
    const signatures = await signer.sign(TEST_WALLET, digests);
    expect(digests.map((one, index) => recoverAddress(one, signatures[index] ?? '0x'))).toEqual(
      digests.map(() => TEST_WALLET.address),
    );
  });

  it('decrypts once, however many digests, under the context of the wallet', async () => {
    const { signer, read, decrypted } = signing();
    await signer.sign(TEST_WALLET, [digest(1), digest(2)]);
    expect(read).toEqual([TEST_WALLET.id]);
    expect(decrypted).toEqual([
      {
        ciphertext: new Uint8Array([1, 2, 3]),
        context: { wallet_id: TEST_WALLET.id, address: TEST_WALLET.address, purpose: TEST_WALLET.purpose },
      },
    ]);
  });
});

describe('the key in clear is overwritten', () => {
  it('when it has signed', async () => {
    const { signer, key } = signing();
    await signer.sign(TEST_WALLET, [digest(1)]);
    expect(key).toEqual(ZEROS);
  });

  it('when signing fails', async () => {
    const { signer, key } = signing();
    const digests = [digest(1)];
    Object.defineProperty(digests, 0, {
      get() {
        throw new Error('no digest');
      },
    });
    await expect(signer.sign(TEST_WALLET, digests)).rejects.toThrow('no digest');
    expect(key).toEqual(ZEROS);
  });

  it('when it is that of another address', async () => {
    const { signer, key } = signing();
    const error = await caughtLater(HavenError, () =>
      signer.sign({ ...TEST_WALLET, address: TEST_RECIPIENT }, [digest(1)]),
    );
    expect(error.code).toBe('KEY_DECRYPTION_FAILED');
    expect(key).toEqual(ZEROS);
  });

  it.each(NO_KEYS)('when it is no key at all: %s', async (_name, bytes) => {
    const { signer, key } = signing(new Uint8Array(bytes));
    await expect(signer.sign(TEST_WALLET, [digest(1)])).rejects.toThrow();
    expect([...key].every((byte) => byte === 0)).toBe(true);
  });
});

describe('signing is refused', () => {
  it('when there is no ciphertext or it does not decrypt: as it was said', async () => {
    const failure = new HavenError('KEY_DECRYPTION_FAILED', 'no key');
    const keyless = createEnvelopeSigner(
      { read: () => Promise.reject(failure) },
      { decrypt: async () => testKeyBytes() },
    );
    const unreadable = createEnvelopeSigner(
      { read: async () => new Uint8Array() },
      { decrypt: () => Promise.reject(failure) },
    );
    for (const signer of [keyless, unreadable]) {
      expect(await caughtLater(HavenError, () => signer.sign(TEST_WALLET, [digest(1)]))).toBe(failure);
    }
  });

  it.each(NO_KEYS)('when what was decrypted is no key: %s', async (_name, bytes) => {
    const { signer } = signing(new Uint8Array(bytes));
    const error = await caughtLater(Error, () => signer.sign(TEST_WALLET, [digest(1)]));
    expect(error).toMatchObject({ code: 'KEY_DECRYPTION_FAILED' });
  });
});
