import { generateKeyPairSync } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1';
import { describe, expect, it } from 'vitest';
import { addressOfPublicKey } from '#shared/custody/curve.ts';
import { parsePublicKey } from '#shared/custody/kms/public-key.ts';
import { spkiOf } from '#test/support/fakes/fake-signing-kms.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { testKeyBytes } from '#test/support/fakes/test-signer.ts';

const POINT = secp256k1.getPublicKey(testKeyBytes(), false);
const SPKI = spkiOf(POINT);

/** An EC key of Node's own, as KMS would give it. */
function opensslSpki(namedCurve: string): Uint8Array {
  return new Uint8Array(generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'der', type: 'spki' }));
}

function changed(at: number, byte: number): Uint8Array {
  return SPKI.map((old, index) => (index === at ? byte : old));
}

describe('the public key of a KMS key', () => {
  it('is the point in it, and the address follows from that', () => {
    const publicKey = parsePublicKey(SPKI);
    expect(publicKey).toEqual(POINT);
    expect(addressOfPublicKey(publicKey ?? new Uint8Array())).toBe(TEST_WALLET.address);
  });

  it('is read as another implementation writes it', () => {
    expect(parsePublicKey(opensslSpki('secp256k1'))).toHaveLength(65);
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['the bare point', POINT],
    ['a byte more', new Uint8Array([...SPKI, 0])],
    ['a byte less', SPKI.subarray(0, -1)],
    ['another curve of the same size (P-256)', opensslSpki('prime256v1')],
    ['a compressed point', spkiOf(secp256k1.getPublicKey(testKeyBytes(), true))],
    ['a hybrid point', changed(23, 0x06)],
    ['another curve identifier', changed(20, 0x0b)],
    ['unused bits', changed(22, 0x01)],
    ['a point that is not on the curve', changed(87, (SPKI[87] ?? 0) ^ 1)],
    ['the point at infinity', spkiOf(new Uint8Array(65).fill(0).fill(4, 0, 1))],
    ['coordinates beyond the field', spkiOf(new Uint8Array(65).fill(0xff).fill(4, 0, 1))],
  ])('is not taken from %s', (_name, spki) => {
    expect(parsePublicKey(new Uint8Array(spki))).toBeUndefined();
  });
});
