import { createHmac, timingSafeEqual } from 'node:crypto';
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

/** How far a timestamp may be from now, to either side, as the reference libraries have it. */
const TOLERANCE_SECONDS = 300;
/** While a secret replaces another there are two; more only cost time. */
const MAX_SIGNATURES = 8;
/** `v1,` and an HMAC-SHA-256 in base64. */
const SIGNATURE = /^v1,([A-Za-z0-9+/]{43}=)$/;

/** The headers of a message that was received, as they came; undefined: it has none. */
export interface ReceivedHeaders {
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
}

/** What is wrong with a message that was received. */
export type WebhookFault = 'missing' | 'malformed' | 'mismatch' | 'timestamp';

/**
 * Checks a message by Standard Webhooks: that one of its `v1` signatures is of one of the secrets, compared in constant time, and its timestamp within
 * five minutes of now. Whether it was received before is for the receiver.
 *
 * @param body exactly as it was received
 * @param secrets see webhookSecretSchema; any will do
 * @returns undefined when nothing is wrong with it
 */
export function webhookFault(
  { id, timestamp, signature }: ReceivedHeaders,
  body: Uint8Array,
  secrets: readonly string[],
  nowMs: number,
): WebhookFault | undefined {
  if (id === undefined || timestamp === undefined || signature === undefined) return 'missing';
  if (!/^[\x21-\x7e]{1,255}$/.test(id) || !/^\d{1,12}$/.test(timestamp)) return 'malformed';
  const given = signature
    .split(' ')
    .slice(0, MAX_SIGNATURES)
    .flatMap((one) => SIGNATURE.exec(one)?.[1] ?? []);
  if (given.length === 0) return 'malformed';
  const expected = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
    return createHmac('sha256', key).update(`${id}.${timestamp}.`, 'utf8').update(body).digest();
  });
  // All pairs, whether or not one was right before: how long it takes tells nothing.
  const matches = given.flatMap((one) => expected.map((mac) => isSame(Buffer.from(one, 'base64'), mac)));
  if (!matches.includes(true)) return 'mismatch';
  return Math.abs(Math.floor(nowMs / 1_000) - Number(timestamp)) <= TOLERANCE_SECONDS ? undefined : 'timestamp';
}

function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
