import { createHmac } from 'node:crypto';
import * as z from 'zod';

const SECRET_PREFIX = 'whsec_';
/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme: 24 to 64 bytes. */
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;

/** A symmetric secret of Standard Webhooks: `whsec_` and 24 to 64 random bytes in base64. Errors never quote it. */
export const webhookSecretSchema = z.string({ error: 'must be a text' }).refine(isSecret, {
  error: `must be ${SECRET_PREFIX} and ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes in base64`,
});

function isSecret(text: string): boolean {
  const encoded = text.startsWith(SECRET_PREFIX) ? text.slice(SECRET_PREFIX.length) : '';
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return false;
  const { length } = Buffer.from(encoded, 'base64');
  return length >= MIN_SECRET_BYTES && length <= MAX_SECRET_BYTES;
}

/** What is signed. */
export interface WebhookMessage {
  /** The same for every attempt at a message, so that a receiver can tell repeats. */
  readonly id: string;
  /** Of this attempt, in seconds since the Unix epoch: receivers refuse old ones. */
  readonly timestampSeconds: number;
  /** Exactly as it is sent. */
  readonly body: string;
}

/**
 * The headers of one attempt at a webhook, by Standard Webhooks: `v1`, an HMAC-SHA-256 in base64 of id, timestamp and body.
 *
 * @param secrets see webhookSecretSchema; several while one replaces another: there is a signature of each
 */
export function webhookHeaders(message: WebhookMessage, secrets: readonly string[]): Readonly<Record<string, string>> {
  const signed = `${message.id}.${message.timestampSeconds}.${message.body}`;
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(signed, 'utf8').digest('base64')}`;
  });
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestampSeconds),
    'webhook-signature': signatures.join(' '),
  };
}
