import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { KMSClient } from '@aws-sdk/client-kms';
import * as z from 'zod';
import type { dataKeyClient, decryptClient } from '#shared/custody/kms-client.ts';
import { canonicalJson } from '#shared/platform/canonical-json.ts';
import type { ScriptedAws } from './scripted-aws.ts';

/** The stage's wallet key in tests. */
export const TEST_KMS_KEY_ARN = 'arn:aws:kms:eu-central-1:000000000000:key/00000000-0000-4000-8000-000000000001';

/** One KMS, as the Encryption SDK's keyring sees it. */
export interface FakeKms {
  readonly encrypting: ReturnType<typeof dataKeyClient>;
  readonly decrypting: ReturnType<typeof decryptClient>;
  /** The contexts of all data keys that were made, in order. */
  readonly made: readonly { readonly keyId: string; readonly context: Readonly<Record<string, string>> }[];
  /** The contexts of all data keys that were decrypted, in order. */
  readonly opened: readonly Readonly<Record<string, string>>[];
}

const wrappedSchema = z.object({ keyId: z.string(), iv: z.string(), tag: z.string(), wrapped: z.string() });
const DATA_KEY_BYTES = 32;

/** A refusal as KMS gives it. */
export function kmsRefusal(name: string): Error {
  return Object.assign(new Error(`${name}: refused`), { name, $metadata: { httpStatusCode: 400 } });
}

const refuse = () => Promise.reject(kmsRefusal('AccessDeniedException'));

/** Makes a KMS that binds data keys to their context, as the real one does: another context or key does not open them. */
export function createFakeKms(): FakeKms {
  const master = randomBytes(DATA_KEY_BYTES);
  const made: { keyId: string; context: Record<string, string> }[] = [];
  const opened: Record<string, string>[] = [];
  const bound = (keyId: string, context: Record<string, string>) => Buffer.from(canonicalJson({ keyId, context }));
  return {
    made,
    opened,
    encrypting: {
      async generateDataKey({ KeyId, EncryptionContext = {}, NumberOfBytes = DATA_KEY_BYTES }) {
        made.push({ keyId: KeyId, context: EncryptionContext });
        const plaintext = randomBytes(NumberOfBytes);
        const iv = randomBytes(12);
        const cipher = createCipheriv('aes-256-gcm', master, iv).setAAD(bound(KeyId, EncryptionContext));
        const wrapped = Buffer.concat([cipher.update(plaintext), cipher.final()]);
        const parts = { iv: hex(iv), tag: hex(cipher.getAuthTag()), wrapped: hex(wrapped) };
        const blob = new TextEncoder().encode(JSON.stringify({ keyId: KeyId, ...parts }));
        return { KeyId, Plaintext: new Uint8Array(plaintext), CiphertextBlob: blob };
      },
      encrypt: refuse,
      decrypt: refuse,
    },
    decrypting: {
      generateDataKey: refuse,
      encrypt: refuse,
      async decrypt({ CiphertextBlob, EncryptionContext = {} }) {
        try {
          return open(CiphertextBlob, EncryptionContext);
        } catch {
          throw kmsRefusal('InvalidCiphertextException');
        }
      },
    },
  };

  function open(blob: Uint8Array, context: Record<string, string>) {
    const parsed = wrappedSchema.parse(JSON.parse(new TextDecoder().decode(blob)));
    const decipher = createDecipheriv('aes-256-gcm', master, Buffer.from(parsed.iv, 'hex'), { authTagLength: 16 })
      .setAAD(bound(parsed.keyId, context))
      .setAuthTag(Buffer.from(parsed.tag, 'hex'));
    const plaintext = Buffer.concat([decipher.update(Buffer.from(parsed.wrapped, 'hex')), decipher.final()]);
    opened.push(context);
    return { KeyId: parsed.keyId, Plaintext: new Uint8Array(plaintext) };
  }
}

/** The SDK's KMS client with a scripted far end. */
export function scriptedKmsClient(aws: ScriptedAws): KMSClient {
  return new KMSClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: aws.requestHandler,
  });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
