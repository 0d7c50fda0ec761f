import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { AnchorBucket } from '#shared/audit/anchors/anchor-bucket.ts';
import type { SignDigest } from '#shared/audit/anchors/digest-signer.ts';
import { canonicalJson } from '#shared/platform/canonical-json.ts';

/** A bucket in memory, and what a test may do to it that nobody else may. */
export interface FakeAnchorBucket extends AnchorBucket {
  readonly objects: Map<string, string>;
  /** Every key that was put, those that gave way included. */
  readonly puts: readonly string[];
}

/**
 * Makes one that, as S3 with its policy, never replaces an object.
 *
 * @param beforePut called before each put; throws what S3 would, or does what a rival does just then
 */
export function createFakeAnchorBucket(beforePut: (key: string) => void = () => undefined): FakeAnchorBucket {
  const objects = new Map<string, string>();
  const puts: string[] = [];
  return {
    objects,
    puts,
    keys: async (prefix, after = '') =>
      [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort(),
    get: async (key) => objects.get(key),
    async putIfAbsent(key, text) {
      beforePut(key);
      puts.push(key);
      if (objects.has(key)) return false;
      objects.set(key, text);
      return true;
    },
  };
}

/** An anchor key outside of KMS. */
export interface TestAnchorKey {
  readonly sign: SignDigest;
  readonly publicKey: KeyObject;
}

/** Makes a P-256 key as KMS has it, signatures in DER. */
export function createTestAnchorKey(): TestAnchorKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  const key = createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' });
  return {
    sign: async (digest) => ({
      digest,
      algorithm: 'ECDSA_SHA_256',
      key: 'arn:aws:kms:eu-central-1:000000000000:key/anchors',
      signature: sign('sha256', Buffer.from(canonicalJson(digest), 'utf8'), key).toString('base64'),
    }),
    publicKey: createPublicKey({ key: publicKey, format: 'der', type: 'spki' }),
  };
}
