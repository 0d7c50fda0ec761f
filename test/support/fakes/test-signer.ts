import { createEnvelopeSigner, type Signer } from '#shared/custody/signer.ts';
import { TEST_PRIVATE_KEY } from './key-encodings.ts';

/** The bytes of the test wallet's key: new ones each time, because users of a key overwrite it. */
export function testKeyBytes(): Uint8Array {
  return new Uint8Array(Buffer.from(TEST_PRIVATE_KEY, 'hex'));
}

/** The product's signer, with the test wallet's key behind it whatever wallet is asked for. */
export function createTestSigner(): Signer {
  return createEnvelopeSigner({ read: async () => new Uint8Array() }, { decrypt: async () => testKeyBytes() });
}
