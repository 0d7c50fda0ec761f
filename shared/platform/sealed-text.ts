import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** What a text is sealed for: the row and the field that it belongs to. It opens for nothing else. */
export type SealContext = Readonly<Record<string, string>>;

/** Thrown when a sealed text does not open: another key, another place, or bytes that were changed. Says nothing of the text. */
export class SealBroken extends Error {
  constructor(cause?: unknown) {
    super('A sealed text does not open', { cause });
    this.name = 'SealBroken';
  }
}

/** Of the only form so far, so that another can follow. */
const VERSION = 'v1';
const KEY_BYTES = 32;
/** What GCM is made for (NIST SP 800-38D, 8.2): random ones are safe for 2^32 texts under one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals a short text, such as a signing secret or an address that is one, so that rows, exports and backups are worth nothing without the stage's
 * secret: AES-256-GCM under a key of HKDF-SHA256, the context in what is authenticated. Wallet keys are not sealed so: those are under KMS.
 *
 * @param stageKey the stage's secret, 32 random characters or more
 */
export function sealText(stageKey: string, text: string, context: SealContext): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keyOf(stageKey), nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(authenticated(context));
  const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${VERSION}.${sealed.toString('base64url')}`;
}

/**
 * Opens what was sealed for the same context.
 *
 * @throws SealBroken
 */
export function openText(stageKey: string, sealed: string, context: SealContext): string {
  const [version, encoded = '', ...rest] = sealed.split('.');
  const bytes = Buffer.from(encoded, 'base64url');
  if (version !== VERSION || rest.length > 0 || bytes.length < NONCE_BYTES + TAG_BYTES) throw new SealBroken();
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyOf(stageKey), bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(authenticated(context));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch (cause) {
    throw new SealBroken(cause);
  }
}

function keyOf(stageKey: string): Buffer {
  return Buffer.from(hkdfSync('sha256', stageKey, '', 'haven/sealed-text/v1', KEY_BYTES));
}

function authenticated(context: SealContext): Buffer {
  return Buffer.from(canonicalJson(context), 'utf8');
}
