import { createHmac, randomUUID } from 'node:crypto';
import { webhookHeaders } from '#shared/platform/http/standard-webhooks.ts';

/** A webhook as a processor sends it. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What varies of a webhook of KryptoExpress. */
export interface KryptoExpressFields {
  /** The invoice. */
  readonly id: string;
  /** A number as it is written: 0.01. */
  readonly amount: string;
  readonly currency: string;
  readonly hash: string | null;
  readonly isPaid: boolean;
}

/** The body of a webhook of KryptoExpress, with the fields that it has and Haven does not read. */
export function kryptoExpressBody({ id, amount, currency, hash, isPaid }: KryptoExpressFields): string {
  // By hand: a float would not say an amount as it is. Its own ids are numbers.
  return `{"id": ${/^[1-9]\d*$/.test(id) ? id : JSON.stringify(id)}, "paymentType": "PAYMENT", "fiatCurrency": "USD", "fiatAmount": 25.0, "cryptoAmount": ${amount}, "cryptoCurrency": ${JSON.stringify(currency)}, "expireDatetime": 1764000000000, "createDatetime": 1763998200000, "address": "bc1qexample", "isPaid": ${isPaid}, "isWithdrawn": false, "hash": ${JSON.stringify(hash)}, "callbackUrl": "https://shop.example/"}`;
}

/** Signs a body as KryptoExpress does: an HMAC-SHA-512 of it without white space, in hex. */
export function signKryptoExpress(body: string, secret: string): Message {
  const signature = createHmac('sha512', secret)
    .update(body.replaceAll(/[ \t\n\r\f\v]/g, ''), 'utf8')
    .digest('hex');
  return { headers: { 'Content-Type': 'application/json', 'X-Signature': signature }, body };
}

/** What varies of a webhook of the kind `standard-webhooks`. */
export interface StandardFields {
  readonly type: 'payment.detected' | 'payment.confirmed' | 'payment.failed';
  readonly invoiceId: string;
  readonly paymentId: string;
  readonly hash: string | null;
  /** A decimal: 0.01. */
  readonly amount: string;
  readonly currency: string;
  readonly confirmations: number;
  /** When it happened: milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** The body of a webhook of the kind `standard-webhooks`. */
export function standardBody({ type, atMs, invoiceId, paymentId, hash, ...data }: StandardFields): string {
  const { amount, currency, confirmations } = data;
  return JSON.stringify({
    type,
    timestamp: new Date(atMs).toISOString(),
    data: { invoice_id: invoiceId, payment_id: paymentId, transaction_hash: hash, amount, currency, confirmations },
  });
}

/**
 * Signs a body by Standard Webhooks.
 *
 * @param signedAtMs milliseconds since the Unix epoch
 * @param id of the message; by default one of its own
 */
export function signStandard(body: string, secret: string, signedAtMs: number, id = `msg_${randomUUID()}`): Message {
  const message = { id, timestampSeconds: Math.floor(signedAtMs / 1_000), body };
  return { headers: { 'Content-Type': 'application/json', ...webhookHeaders(message, [secret]) }, body };
}
