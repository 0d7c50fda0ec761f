import { secp256k1 } from '@noble/curves/secp256k1';
import { recoverAddress } from 'ethers';
import { describe, expect, it } from 'vitest';
import { CURVE_ORDER } from '#shared/custody/curve.ts';
import { recoverSignature } from '#shared/custody/kms/recover-signature.ts';
import { TEST_RECIPIENT, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { testKeyBytes } from '#test/support/fakes/test-signer.ts';

const DIGEST = new Uint8Array(32).fill(7);
const { r, s } = secp256k1.sign(DIGEST, testKeyBytes());
const HIGH_S = CURVE_ORDER - s;

describe('a signature of the wallet', () => {
  it.each([
    ['low', s],
    ['high', HIGH_S],
  ])('with a %s s names its signer, with the low one', (_name, given) => {
    const signature = recoverSignature(DIGEST, { r, s: given }, TEST_WALLET.address);
    expect(BigInt(signature?.s ?? 0)).toBe(s);
    expect(recoverAddress(DIGEST, signature ?? '0x')).toBe(TEST_WALLET.address);
  });

  it('has either parity, as its point has', () => {
    const parities = Array.from({ length: 40 }, (_, index) => {
      const digest = new Uint8Array(32).fill(index);
      return recoverSignature(digest, secp256k1.sign(digest, testKeyBytes()), TEST_WALLET.address)?.yParity;
    });
    expect(new Set(parities)).toEqual(new Set([0, 1]));
  });
});

describe('is not the wallet’s', () => {
  it.each<[string, Uint8Array, bigint, bigint, string]>([
    ['of another address', DIGEST, r, s, TEST_RECIPIENT],
    ['over another digest', new Uint8Array(32).fill(8), r, s, TEST_WALLET.address],
    ['with another r', DIGEST, r + 1n, s, TEST_WALLET.address],
    ['with another s', DIGEST, r, s + 1n, TEST_WALLET.address],
    // x³ + 7 is no square for x = 5.
    ['whose r is no x of the curve', DIGEST, 5n, s, TEST_WALLET.address],
    ['of the address in lower case', DIGEST, r, s, TEST_WALLET.address.toLowerCase()],
  ])('a signature %s', (_name, digest, otherR, otherS, address) => {
    expect(recoverSignature(digest, { r: otherR, s: otherS }, address)).toBeUndefined();
  });
});
