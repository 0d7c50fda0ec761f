import {
  type KryptoExpressFields,
  kryptoExpressBody,
  type Message,
  type StandardFields,
  signKryptoExpress,
  signStandard,
  standardBody,
} from '../../../bin/payments/messages.ts';

/** With what the test's processors sign. */
export const KRYPTO_SECRET = 'a secret of the test processor';
/** With what the test's other processor signs. */
export const STANDARD_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** A transaction's hash by a number. */
export const hashOf = (n: number) => `0x${String(n).padStart(64, '0')}`;

/** What KryptoExpress says of invoice `inv-1`: that 0.01 BTC were paid, unless said otherwise. */
export const kryptoBody = (fields: Partial<KryptoExpressFields> = {}): string =>
  kryptoExpressBody({ id: 'inv-1', amount: '0.01', currency: 'BTC', hash: hashOf(1), isPaid: true, ...fields });

/** What the other processor says of the same invoice, at a time: the same. */
export const paidBody = (atMs: number, fields: Partial<StandardFields> = {}): string =>
  standardBody({
    type: 'payment.confirmed',
    invoiceId: 'inv-1',
    paymentId: 'pay-1',
    hash: hashOf(1),
    amount: '0.01',
    currency: 'BTC',
    confirmations: 3,
    atMs,
    ...fields,
  });

/** Signs any body as the test's KryptoExpress. */
export const signedByKrypto = (body: string): Message => signKryptoExpress(body, KRYPTO_SECRET);

/** Signs any body as the test's other processor. */
export const signedByStandard = (body: string, signedAtMs: number, id?: string): Message =>
  signStandard(body, STANDARD_SECRET, signedAtMs, id);

/** A message without one of its headers. */
export const without = ({ headers, body }: Message, name: string): Message => ({
  body,
  headers: Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name)),
});

/** A message with one of its headers changed after it was signed. */
export const withHeader = ({ headers, body }: Message, name: string, change: (value: string) => string): Message => ({
  body,
  headers: { ...headers, [name]: change(headers[name] ?? '') },
});

/** A message with another body than was signed. */
export const withBody = ({ headers }: Message, body: string): Message => ({ headers, body });
