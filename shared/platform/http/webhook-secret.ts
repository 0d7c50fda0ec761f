import { randomBytes } from 'node:crypto';

/** Between the 24 and 64 bytes that the specification asks for, and as long as what the HMAC makes of it. */
const SECRET_BYTES = 32;

/** Makes a signing secret of Standard Webhooks: see webhookSecretSchema. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}
