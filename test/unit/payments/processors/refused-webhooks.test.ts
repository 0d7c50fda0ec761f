import { describe, expect, it } from 'vitest';
import { createWebhookDesk, type WebhookDesk } from '#test/support/fakes/webhook-desk.ts';
import {
  kryptoBody,
  paidBody,
  signedByKrypto,
  withBody,
  withHeader,
  without,
} from '#test/support/fakes/webhook-messages.ts';
import { type Message, signKryptoExpress, signStandard } from '../../../../bin/payments/messages.ts';

const OTHER_STANDARD = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
const MINUTE_MS = 60_000;
const SIGNATURES = ['X-Signature', 'webhook-signature', 'webhook-id', 'webhook-timestamp'];

/** What KryptoExpress says of a payment of so much. */
const paidWith = (amount: string, currency = 'BTC') => kryptoBody({ amount, currency });
const flipped = (text: string) => `${text.startsWith('0') ? '1' : '0'}${text.slice(1)}`;

describe('a webhook of KryptoExpress is refused, and nothing is changed', () => {
  it.each<[string, (desk: WebhookDesk) => Message, string]>([
    ['without a signature', ({ krypto }) => without(krypto(), 'X-Signature'), '401 INVALID_SIGNATURE'],
    ['with an empty one', ({ krypto }) => withHeader(krypto(), 'X-Signature', () => ''), '401 INVALID_SIGNATURE'],
    [
      'with one cut short',
      ({ krypto }) => withHeader(krypto(), 'X-Signature', (s) => s.slice(0, -2)),
      '401 INVALID_SIGNATURE',
    ],
    [
      'with one too long',
      ({ krypto }) => withHeader(krypto(), 'X-Signature', (s) => `${s}00`),
      '401 INVALID_SIGNATURE',
    ],
    ['with a digit changed', ({ krypto }) => withHeader(krypto(), 'X-Signature', flipped), '401 INVALID_SIGNATURE'],
    ['of another key', () => signKryptoExpress(paidWith('0.01'), 'another secret, as long'), '401 INVALID_SIGNATURE'],
    ['changed after it was signed', ({ krypto }) => withBody(krypto(), paidWith('0.02')), '401 INVALID_SIGNATURE'],
    ['not JSON at all', () => signedByKrypto('id=inv-1'), '400 INVALID_PARAMETER'],
    ['empty', () => signedByKrypto(''), '400 INVALID_PARAMETER'],
    ['null', () => signedByKrypto('null'), '400 INVALID_PARAMETER'],
    [
      'with a key twice',
      () => signedByKrypto(paidWith('0.01').replace('{', '{"isPaid": false, ')),
      '400 INVALID_PARAMETER',
    ],
    [
      'with a key twice, once escaped',
      () => signedByKrypto(paidWith('0.01').replace('{', '{"isP\\u0061id": false, ')),
      '400 INVALID_PARAMETER',
    ],
    ['with something after its end', () => signedByKrypto(`${paidWith('0.01')}{}`), '400 INVALID_PARAMETER'],
    ['a negative amount', () => signedByKrypto(paidWith('-0.01')), '400 INVALID_AMOUNT'],
    ['an exponent', () => signedByKrypto(paidWith('1e-2')), '400 INVALID_AMOUNT'],
    ['a huge exponent', () => signedByKrypto(paidWith('1e999')), '400 INVALID_AMOUNT'],
    ['a huge exponent as a text', () => signedByKrypto(paidWith('"1e999"')), '400 INVALID_AMOUNT'],
    ['infinity', () => signedByKrypto(paidWith('Infinity')), '400 INVALID_PARAMETER'],
    ['hex', () => signedByKrypto(paidWith('"0x10"')), '400 INVALID_AMOUNT'],
    ['zero', () => signedByKrypto(paidWith('0.0')), '400 INVALID_AMOUNT'],
    ['nothing', () => signedByKrypto(paidWith('null')), '400 INVALID_AMOUNT'],
    ['with a leading zero', () => signedByKrypto(paidWith('01')), '400 INVALID_PARAMETER'],
    ['more digits than the currency has', () => signedByKrypto(paidWith('0.123456789')), '400 INVALID_AMOUNT'],
    ['more digits, though they are zeros', () => signedByKrypto(paidWith('0.010000000')), '400 INVALID_AMOUNT'],
    ['an unknown currency', () => signedByKrypto(paidWith('0.01', 'DOGE')), '400 INVALID_PARAMETER'],
    ['a currency in another case', () => signedByKrypto(paidWith('0.01', 'btc')), '400 INVALID_PARAMETER'],
    ['a deposit', () => signedByKrypto(paidWith('0.01').replace('PAYMENT', 'DEPOSIT')), '400 INVALID_PARAMETER'],
    [
      '"true" for true',
      () => signedByKrypto(paidWith('0.01').replace('"isPaid": true', '"isPaid": "true"')),
      '400 INVALID_PARAMETER',
    ],
    ['without isPaid', () => signedByKrypto(paidWith('0.01').replace('"isPaid": true, ', '')), '400 INVALID_PARAMETER'],
    [
      'with an id that is a list',
      () => signedByKrypto(paidWith('0.01').replace('"inv-1"', '["inv-1"]')),
      '400 INVALID_PARAMETER',
    ],
    ['of an invoice that no order has', ({ krypto }) => krypto({ id: 'inv-9' }), '404 ORDER_NOT_FOUND'],
  ])('%s', async (_what, message, answer) => {
    const desk = await createWebhookDesk('kryptoexpress');
    expect(await desk.refused(message(desk))).toBe(answer);
  });
});

describe('a webhook by Standard Webhooks is refused, and nothing is changed', () => {
  it.each<[string, (desk: WebhookDesk) => Message, string]>([
    ['without an id', ({ standard }) => without(standard(), 'webhook-id'), '401 INVALID_SIGNATURE'],
    ['without a time', ({ standard }) => without(standard(), 'webhook-timestamp'), '401 INVALID_SIGNATURE'],
    ['without a signature', ({ standard }) => without(standard(), 'webhook-signature'), '401 INVALID_SIGNATURE'],
    [
      'with one cut short',
      ({ standard }) => withHeader(standard(), 'webhook-signature', (s) => s.slice(0, -4)),
      '401 INVALID_SIGNATURE',
    ],
    [
      'of another version',
      ({ standard }) => withHeader(standard(), 'webhook-signature', (s) => s.replace('v1', 'v2')),
      '401 INVALID_SIGNATURE',
    ],
    [
      'with another id',
      ({ standard }) => withHeader(standard(), 'webhook-id', (s) => `${s}x`),
      '401 INVALID_SIGNATURE',
    ],
    [
      'with another time',
      ({ standard }) => withHeader(standard(), 'webhook-timestamp', (s) => String(Number(s) + 1)),
      '401 INVALID_SIGNATURE',
    ],
    [
      'with a time that is none',
      ({ standard }) => withHeader(standard(), 'webhook-timestamp', () => '1e9'),
      '401 INVALID_SIGNATURE',
    ],
    [
      'of another key',
      (d) => signStandard(paidBody(d.clock.now()), OTHER_STANDARD, d.clock.now()),
      '401 INVALID_SIGNATURE',
    ],
    ['changed after it was signed', ({ standard }) => withBody(standard(), paidBody(0)), '401 INVALID_SIGNATURE'],
    [
      'with a blank more than was signed',
      ({ standard }) => withBody(standard(), `${standard().body} `),
      '401 INVALID_SIGNATURE',
    ],
    ['signed 301 s ago', (desk) => desk.stamped(-301_000), '401 INVALID_SIGNATURE'],
    ['signed 301 s ahead', (desk) => desk.stamped(301_000), '401 INVALID_SIGNATURE'],
    [
      'with a key twice',
      (d) => d.signedWith((b) => b.replace('"amount"', '"amount":"9","amount"')),
      '400 INVALID_PARAMETER',
    ],
    [
      'of an event that is none',
      (d) => d.signedWith((b) => b.replace('payment.confirmed', 'payment.refunded')),
      '400 INVALID_PARAMETER',
    ],
    [
      'that happens in an hour',
      ({ standard, clock }) => standard({ atMs: clock.now() + 60 * MINUTE_MS }),
      '400 INVALID_PARAMETER',
    ],
    ['with an exponent for a number', (d) => d.signedWith((b) => b.replace('"0.01"', '1e999')), '400 INVALID_AMOUNT'],
    [
      'with half a confirmation',
      (d) => d.signedWith((b) => b.replace('"confirmations":3', '"confirmations":2.5')),
      '400 INVALID_PARAMETER',
    ],
    [
      'with -1 confirmations',
      (d) => d.signedWith((b) => b.replace('"confirmations":3', '"confirmations":-1')),
      '400 INVALID_PARAMETER',
    ],
    [
      'with 1e3 confirmations',
      (d) => d.signedWith((b) => b.replace('"confirmations":3', '"confirmations":1e3')),
      '400 INVALID_PARAMETER',
    ],
    ['without confirmations', (d) => d.signedWith((b) => b.replace(',"confirmations":3', '')), '400 INVALID_PARAMETER'],
    ['with an unknown currency', ({ standard }) => standard({ currency: 'LTC' }), '400 INVALID_PARAMETER'],
    [
      'with more digits than SOL has',
      ({ standard }) => standard({ currency: 'SOL', amount: '0.1234567891' }),
      '400 INVALID_AMOUNT',
    ],
    [
      'with __proto__ for an invoice',
      (d) => d.signedWith((b) => b.replace('"invoice_id":"inv-1"', '"__proto__":{"invoice_id":"inv-1"}')),
      '400 INVALID_PARAMETER',
    ],
    [
      'nested deeper than any',
      (d) => d.signedWith((b) => b.replace('"0.01"', `${'['.repeat(20)}${']'.repeat(20)}`)),
      '400 INVALID_PARAMETER',
    ],
    ['of an invoice that no order has', ({ standard }) => standard({ invoiceId: 'inv-9' }), '404 ORDER_NOT_FOUND'],
  ])('%s', async (_what, message, answer) => {
    const desk = await createWebhookDesk();
    expect(await desk.refused(message(desk))).toBe(answer);
  });
});

describe('before the body is read', () => {
  it('1,024 bytes are read, and 1,025 are not, however they are encoded', async () => {
    const desk = await createWebhookDesk('kryptoexpress');
    const padded = (bytes: number) => signedByKrypto(paidWith('0.01').padEnd(bytes, ' '));
    expect(await desk.refused(padded(1_025))).toBe('413 PAYLOAD_TOO_LARGE');
    expect(await desk.refused(padded(1_025), { base64: true })).toBe('413 PAYLOAD_TOO_LARGE');
    expect(await desk.refused(padded(1_025), { to: 'nobody' })).toBe('413 PAYLOAD_TOO_LARGE');
    expect(await desk.send(padded(1_024), { base64: true })).toMatchObject({ status: 200, said: 'applied' });
  });

  it('the 11th of a minute from one address is refused, whatever it is; one from another address is not', async () => {
    const desk = await createWebhookDesk();
    const from = '203.0.113.9';
    for (let n = 0; n < 10; n += 1) {
      expect((await desk.send(without(desk.standard(), 'webhook-id'), { from })).status).toBe(401);
    }
    const eleventh = await desk.send(desk.standard(), { from });
    expect([eleventh.status, eleventh.said]).toEqual([429, 'RATE_LIMITED']);
    expect(eleventh.headers['RateLimit-Policy']).toBe('"webhook";q=10;w=60');
    expect(Number(eleventh.headers['Retry-After'])).toBeGreaterThan(0);
    expect((await desk.send(desk.standard(), { from: '203.0.113.10' })).said).toBe('applied');
  });

  it('an unknown processor is none, signed or not, in the shape of every other answer', async () => {
    const desk = await createWebhookDesk();
    for (const to of ['nobody', 'ACME', '__proto__', 'acme%2f', '']) {
      const { status, json } = await desk.send(desk.standard(), { to });
      expect([status, json.error, typeof json.error_id]).toEqual([404, 'PROCESSOR_NOT_FOUND', 'string']);
    }
  });

  it('each bad signature is counted', async () => {
    const desk = await createWebhookDesk();
    for (const name of SIGNATURES.slice(1)) await desk.send(without(desk.standard(), name));
    expect(desk.metrics.counts()).toMatchObject({ PaymentWebhookUnsigned: 3 });
  });

  it('what one processor signed is nothing to another', async () => {
    const desk = await createWebhookDesk('kryptoexpress');
    expect(await desk.refused(desk.krypto(), { to: 'acme' })).toBe('401 INVALID_SIGNATURE');
    expect(await desk.refused(desk.standard(), { to: 'kryptoexpress' })).toBe('401 INVALID_SIGNATURE');
  });
});
