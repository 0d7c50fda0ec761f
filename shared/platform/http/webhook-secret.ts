import { randomBytes } from 'node:crypto';

/** How long messages are signed with the old secret too after a rotation: a working day anywhere, to take the new one into use. */
export const ROTATION_OVERLAP_MS = 24 * 60 * 60_000;

/** Between the 24 and 64 bytes that the specification asks for, and as long as what the HMAC makes of it. */
const SECRET_BYTES = 32;

/** Makes a signing secret of Standard Webhooks: see webhookSecretSchema. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}
