import type { EcdsaSignature } from '#shared/custody/curve.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createTestSigner } from '#test/support/fakes/test-signer.ts';

const signer = createTestSigner();
const signatures = new Map<string, EcdsaSignature>();
const nameOf = (digest: Uint8Array) => Buffer.from(digest).toString('hex');

/** Signs for the test wallet, each digest once: signatures are deterministic, and runs of a property repeat each other's. */
export async function signRemembered(digests: readonly Uint8Array[]): Promise<readonly EcdsaSignature[]> {
  const unknown = digests.filter((digest) => !signatures.has(nameOf(digest)));
  const made = unknown.length === 0 ? [] : await signer.sign(TEST_WALLET, unknown);
  for (const [index, digest] of unknown.entries()) {
    const signature = made[index];
    if (signature !== undefined) signatures.set(nameOf(digest), signature);
  }
  return digests.flatMap((digest) => signatures.get(nameOf(digest)) ?? []);
}
