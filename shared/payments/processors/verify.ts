import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { RawBody } from '#shared/platform/http/raw-body.ts';
import { type WebhookFault, webhookFault, webhookSecretSchema } from '#shared/platform/http/standard-webhooks.ts';
import type { ProcessorConfig } from './processor-config.ts';

/** Below it a secret can be guessed. */
const MIN_SECRET_CHARS = 16;

/** One secret, or several while one replaces another: any of them will do. */
const secretsSchema = z.union([z.string(), z.array(z.string()).min(1).max(3)]);

/** The secret `payment-processors`: by the names of processors, put there by the operator. */
export const processorSecretsSchema = z.record(z.string(), secretsSchema, {
  error: 'must be an object: secrets by the names of processors',
});

/** The secrets of all processors. */
export type ProcessorSecrets = z.output<typeof processorSecretsSchema>;

/** A body whose signature is good. */
export interface SignedBody {
  /** What was signed of it, and nothing else: only this is ever read. */
  readonly bytes: Uint8Array;
  /** Tells this delivery from all others; hex. Repeated deliveries have the same. */
  readonly digest: string;
}

/** The signature of a webhook is not good. */
export class BadSignature extends HavenError {
  readonly fault: WebhookFault;

  constructor(fault: WebhookFault) {
    super('INVALID_SIGNATURE', FAULTS[fault], { details: { reason: fault } });
    this.name = 'BadSignature';
    this.fault = fault;
  }
}

const FAULTS: Readonly<Record<WebhookFault, string>> = {
  missing: 'The webhook is not signed',
  malformed: 'The signature of the webhook is not of the form that it has to be',
  mismatch: 'The signature is not of this body by a secret of this processor',
  timestamp: 'The webhook was signed more than five minutes ago, or ahead of time',
};

/**
 * Checks the signature of a webhook, over its bytes as they came, in constant time and before anything of them is read.
 *
 * @throws BadSignature; CONFIGURATION when the processor has no usable secret
 */
export function requireSigned(
  processor: Pick<ProcessorConfig, 'name' | 'kind'>,
  raw: RawBody,
  secrets: ProcessorSecrets,
  nowMs: number,
): SignedBody {
  const own = ownSecrets(processor, secrets);
  return processor.kind === 'kryptoexpress' ? kryptoExpress(raw, own) : standardWebhooks(raw, own, nowMs);
}

function ownSecrets(
  { name, kind }: Pick<ProcessorConfig, 'name' | 'kind'>,
  secrets: ProcessorSecrets,
): readonly string[] {
  const found = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
  const own = typeof found === 'string' ? [found] : (found ?? []);
  const isUsable = (secret: string) =>
    kind === 'kryptoexpress' ? secret.length >= MIN_SECRET_CHARS : webhookSecretSchema.safeParse(secret).success;
  if (own.length > 0 && own.every(isUsable)) return own;
  throw new HavenError('CONFIGURATION', `The secret PROCESSORS_SECRET has no usable secret of ${name}`);
}

/** What Python's `\s` is in bytes: KryptoExpress signs the body without it. */
const isSpace = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

/**
 * KryptoExpress: `X-Signature`, hex, an HMAC-SHA-512 of the body without white space. What is left out of the signature is left out of what is
 * read, and of the digest: else a text could be split, or a body sent again, with blanks that nobody signed.
 */
function kryptoExpress(raw: RawBody, secrets: readonly string[]): SignedBody {
  const bytes = Buffer.from(raw.bytes.filter((byte) => !isSpace(byte)));
  const header = raw.header('X-Signature');
  if (header === undefined || header === '') throw new BadSignature('missing');
  if (!/^[0-9a-fA-F]{128}$/.test(header)) throw new BadSignature('malformed');
  const given = Buffer.from(header, 'hex');
  const matches = secrets.map((secret) => timingSafeEqual(createHmac('sha512', secret).update(bytes).digest(), given));
  if (!matches.includes(true)) throw new BadSignature('mismatch');
  return { bytes, digest: sha256(bytes) };
}

/** Standard Webhooks. An attempt anew has another timestamp and signature, and is the same delivery: its id and body tell. */
function standardWebhooks(raw: RawBody, secrets: readonly string[], nowMs: number): SignedBody {
  const id = raw.header('webhook-id');
  const headers = { id, timestamp: raw.header('webhook-timestamp'), signature: raw.header('webhook-signature') };
  const fault = webhookFault(headers, raw.bytes, secrets, nowMs);
  if (fault !== undefined) throw new BadSignature(fault);
  return { bytes: raw.bytes, digest: sha256(Buffer.from(`${id}.`, 'utf8'), raw.bytes) };
}

function sha256(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
