import { secp256k1 } from '@noble/curves/secp256k1';
import { recoverAddress } from 'ethers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CURVE_ORDER } from '#shared/custody/curve.ts';
import { parseDerSignature } from '#shared/custody/kms/der-signature.ts';
import { recoverSignature } from '#shared/custody/kms/recover-signature.ts';
import { addressOf } from '#shared/custody/private-key.ts';

const RUNS = { seed: 20_261_122, numRuns: 60 };
const scalar = fc.bigInt({ min: 1n, max: CURVE_ORDER - 1n });
const key = scalar.map((value) => new Uint8Array(Buffer.from(value.toString(16).padStart(64, '0'), 'hex')));
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });
const der = (r: bigint, s: bigint) => new Uint8Array(new secp256k1.Signature(r, s).toDERRawBytes());

describe('whatever KMS signs with', () => {
  it('either s of any key over any digest becomes the one signature that names the signer', () => {
    fc.assert(
      fc.property(key, digest, fc.boolean(), (privateKey, hash, isTurned) => {
        const { r, s } = secp256k1.sign(hash, privateKey);
        const numbers = parseDerSignature(der(r, isTurned ? CURVE_ORDER - s : s));
        const signature = numbers && recoverSignature(hash, numbers, addressOf(privateKey));
        expect(BigInt(signature?.s ?? 0)).toBe(s);
        expect(recoverAddress(hash, signature ?? '0x')).toBe(addressOf(privateKey));
      }),
      RUNS,
    );
  });

  it('any two numbers of the field come back from DER', () => {
    fc.assert(
      fc.property(scalar, scalar, (r, s) => {
        expect(parseDerSignature(der(r, s))).toEqual({ r, s });
      }),
      { ...RUNS, numRuns: 500 },
    );
  });

  it('DER has one way to write them: what is read is what would be written', () => {
    fc.assert(
      fc.property(scalar, scalar, fc.nat(), fc.nat({ max: 255 }), (r, s, place, byte) => {
        const altered = der(r, s);
        altered[place % altered.length] = byte;
        const numbers = parseDerSignature(altered);
        if (numbers !== undefined) expect(der(numbers.r, numbers.s)).toEqual(altered);
      }),
      { ...RUNS, numRuns: 2_000 },
    );
  });

  it('bytes that are none never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const numbers = parseDerSignature(bytes);
        if (numbers !== undefined) expect(der(numbers.r, numbers.s)).toEqual(bytes);
      }),
      { ...RUNS, numRuns: 2_000 },
    );
  });
});
