import { recoverAddress } from 'ethers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf, signDigest } from '#shared/custody/private-key.ts';

const RUNS = { seed: 20_261_121, numRuns: 150 };
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const key = fc
  .bigInt({ min: 1n, max: ORDER - 1n })
  .map((scalar) => new Uint8Array(Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex')));
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('any signature', () => {
  it('names its signer, has a low s, and is the same every time', () => {
    fc.assert(
      fc.property(key, digest, (privateKey, hash) => {
        const signature = signDigest(privateKey, hash);
        expect(recoverAddress(hash, signature)).toBe(addressOf(privateKey));
        expect(BigInt(signature.s) * 2n).toBeLessThanOrEqual(ORDER);
        expect(signDigest(privateKey, hash)).toEqual(signature);
      }),
      RUNS,
    );
  });
});
