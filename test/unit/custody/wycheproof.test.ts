import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { secp256k1 } from '@noble/curves/secp256k1';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { addressOfPublicKey, CURVE_ORDER } from '#shared/custody/curve.ts';
import { parseDerSignature, type SignatureNumbers } from '#shared/custody/kms/der-signature.ts';
import { parsePublicKey } from '#shared/custody/kms/public-key.ts';
import { recoverSignature } from '#shared/custody/kms/recover-signature.ts';
import { signDigest } from '#shared/custody/private-key.ts';

/** Project Wycheproof's vectors (https://github.com/C2SP/wycheproof, Apache 2.0); each file says from which version it is. */
const FOLDER = new URL('../../support/vectors/wycheproof/', import.meta.url);

const fileSchema = z.object({
  numberOfTests: z.number(),
  testGroups: z.array(
    z.object({
      publicKeyDer: z.string(),
      publicKey: z.object({ uncompressed: z.string() }),
      tests: z.array(
        z.object({
          tcId: z.number(),
          comment: z.string(),
          msg: z.string(),
          sig: z.string(),
          result: z.enum(['valid', 'invalid', 'acceptable']),
        }),
      ),
    }),
  ),
});

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));

/** Every vector of a file with what Haven makes of it as an answer of KMS. */
function verdicts(file: string) {
  const { numberOfTests, testGroups } = fileSchema.parse(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')));
  const all = testGroups.flatMap(({ publicKeyDer, publicKey, tests }) => {
    const point = parsePublicKey(bytes(publicKeyDer));
    expect(point).toEqual(bytes(publicKey.uncompressed));
    const address = addressOfPublicKey(bytes(publicKey.uncompressed));
    return tests.map((test) => {
      const digest = new Uint8Array(createHash('sha256').update(bytes(test.msg)).digest());
      const numbers = parseDerSignature(bytes(test.sig));
      const signature = numbers && recoverSignature(digest, numbers, address);
      return { ...test, digest, publicKey: bytes(publicKey.uncompressed), numbers, signature };
    });
  });
  expect(all).toHaveLength(numberOfTests);
  return all;
}

describe('Wycheproof’s ECDSA vectors of secp256k1 with SHA-256', () => {
  it('are taken when valid and refused when not, but for those whose r wraps around, which Ethereum has no parity for', () => {
    const all = verdicts('ecdsa_secp256k1_sha256_test.json');
    const wrong = all.filter(({ result, signature }) => (result === 'valid') !== (signature !== undefined));
    // The x of R is r + n: recovery ids 2 and 3, which a transaction can't carry. KMS meets one in 2^127 signatures.
    const wrapped = wrong.filter(
      ({ numbers, result }) => result === 'valid' && (numbers?.r ?? CURVE_ORDER) < 1n << 130n,
    );
    expect(wrong.map(({ tcId, comment }) => `${tcId} ${comment}`)).toEqual(
      wrapped.map(({ tcId, comment }) => `${tcId} ${comment}`),
    );
    expect(all.filter(({ result, signature }) => result === 'valid' && signature !== undefined).length).toBeGreaterThan(
      100,
    );
  });

  it('with a low s: the same, and s stays as it is', () => {
    for (const { result, numbers, signature, tcId } of verdicts('ecdsa_secp256k1_sha256_bitcoin_test.json')) {
      if (signature === undefined) continue;
      if (result === 'valid') expect(BigInt(signature.s)).toBe(numbers?.s);
      // The variant forbids a high s, which is turned over here: the one way in which an invalid one is taken.
      else expect([tcId, (numbers?.s ?? 0n) > CURVE_ORDER / 2n]).toEqual([tcId, true]);
    }
  });
});

/** Each is signed, verified and recovered without native code: seconds on a machine that does nothing else. */
const HUNDREDS_OF_SIGNATURES_MS = 120_000;

/**
 * A tier that signs by itself takes no signature from anybody; what its vectors can show is that the curve it signs on tells valid
 * ones from others. Its own signatures are held to the same judge.
 */
describe('the same vectors, on the curve of the envelope tier', () => {
  /** Whether the library that `signDigest` signs with verifies a signature. */
  const verifies = (numbers: SignatureNumbers, digest: Uint8Array, publicKey: Uint8Array) =>
    secp256k1.verify(new secp256k1.Signature(numbers.r, numbers.s), digest, publicKey, { lowS: false });

  it.each(['ecdsa_secp256k1_sha256_test.json', 'ecdsa_secp256k1_sha256_bitcoin_test.json'])(
    'verify when valid, and no others but those of which only a high s is forbidden: %s',
    (file) => {
      const all = verdicts(file);
      const verified = all.map((vector) => ({
        ...vector,
        verified: vector.numbers !== undefined && verifies(vector.numbers, vector.digest, vector.publicKey),
      }));
      expect(verified.filter(({ result, verified }) => result === 'valid' && !verified)).toEqual([]);
      expect(verified.filter(({ result }) => result === 'valid').length).toBeGreaterThan(100);
      const taken = verified.filter(({ result, verified }) => result !== 'valid' && verified);
      expect(taken.filter(({ numbers }) => (numbers?.s ?? 0n) <= CURVE_ORDER / 2n)).toEqual([]);
    },
  );

  it('what it signs of their messages verifies, with a low s, and the KMS tier takes it, too', {
    timeout: HUNDREDS_OF_SIGNATURES_MS,
  }, () => {
    const key = Uint8Array.from(Buffer.from('1'.padStart(64, '0'), 'hex'));
    const publicKey = secp256k1.getPublicKey(key, false);
    for (const { digest } of verdicts('ecdsa_secp256k1_sha256_test.json')) {
      const signature = signDigest(key, digest);
      const numbers = { r: BigInt(signature.r), s: BigInt(signature.s) };
      expect(numbers.s).toBeLessThanOrEqual(CURVE_ORDER / 2n);
      expect(verifies(numbers, digest, publicKey)).toBe(true);
      expect(recoverSignature(digest, numbers, addressOfPublicKey(publicKey))).toEqual(signature);
    }
  });
});
