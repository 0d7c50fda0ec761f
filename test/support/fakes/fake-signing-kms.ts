import { secp256k1 } from '@noble/curves/secp256k1';
import { kmsKeyDescription } from '#shared/custody/kms/key-description.ts';
import { type KmsKeyMaker, NotASigningKey } from '#shared/custody/kms/kms-key-maker.ts';
import type { KmsSigningClient } from '#shared/custody/kms/kms-signing-client.ts';
import { parsePublicKey } from '#shared/custody/kms/public-key.ts';
import { kmsRefusal } from './fake-kms.ts';

/** A key that the fake keeps. */
interface KeptKey {
  readonly description: string;
  readonly privateKey: Uint8Array;
  readonly spki: Uint8Array;
}

/** A KMS that makes secp256k1 keys and signs with them: another signature each time, half of them with a high s. */
export interface FakeSigningKms {
  readonly maker: KmsKeyMaker;
  readonly client: KmsSigningClient;
  /** The descriptions of all keys by ARN, in the order in which they were made. */
  readonly keys: ReadonlyMap<string, { readonly description: string; readonly spki: Uint8Array }>;
  /** Puts a step before an operation: an error that it throws is KMS's. */
  before(operation: 'create' | 'publicKey' | 'sign' | 'describe', step: () => void): void;
  /** Puts a step behind CreateKey: the key is made, and nobody is told. */
  afterCreate(step: () => void): void;
}

const EMPTY_STEP = () => undefined;

/** A public key as KMS gives it. */
export function spkiOf(publicKey: Uint8Array): Uint8Array {
  return new Uint8Array(
    Buffer.concat([Buffer.from('3056301006072a8648ce3d020106052b8104000a034200', 'hex'), publicKey]),
  );
}

/** A signature as KMS gives it: in DER, with randomness of its own, its s in either half. */
export function derSignature(privateKey: Uint8Array, digest: Uint8Array): Uint8Array {
  return secp256k1.sign(digest, privateKey, { lowS: false, extraEntropy: true }).toDERRawBytes();
}

/** Makes an empty KMS. */
export function createFakeSigningKms(): FakeSigningKms {
  const keys = new Map<string, KeptKey>();
  const steps: Record<'create' | 'publicKey' | 'sign' | 'describe' | 'created', () => void> = {
    create: EMPTY_STEP,
    publicKey: EMPTY_STEP,
    sign: EMPTY_STEP,
    describe: EMPTY_STEP,
    created: EMPTY_STEP,
  };
  const kept = (arn: string): KeptKey => {
    const key = keys.get(arn);
    if (key === undefined) throw kmsRefusal('NotFoundException');
    return key;
  };
  return {
    keys,
    before(operation, step) {
      steps[operation] = step;
    },
    afterCreate(step) {
      steps.created = step;
    },
    maker: {
      async create(walletId) {
        steps.create();
        const privateKey = secp256k1.utils.randomPrivateKey();
        const spki = spkiOf(secp256k1.getPublicKey(privateKey, false));
        const arn = `arn:aws:kms:eu-central-1:000000000000:key/${String(keys.size + 1).padStart(8, '0')}`;
        keys.set(arn, { description: kmsKeyDescription('test', walletId), privateKey, spki });
        steps.created();
        return arn;
      },
      async publicKey(arn) {
        steps.publicKey();
        const publicKey = parsePublicKey(kept(arn).spki);
        if (publicKey === undefined) throw new NotASigningKey(arn);
        return publicKey;
      },
    },
    client: {
      async sign(arn, digest) {
        steps.sign();
        return derSignature(kept(arn).privateKey, digest);
      },
      async describe(arn) {
        steps.describe();
        return kept(arn).description;
      },
    },
  };
}
