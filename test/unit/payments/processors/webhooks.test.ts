import { describe, expect, it } from 'vitest';
import { orderId, TEST_DEADLINE_MS } from '#test/support/fakes/orders.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';
import {
  createWebhookDesk,
  hashOf,
  KRYPTO_SECRET,
  STANDARD_SECRET,
  type WebhookDesk,
} from '#test/support/fakes/webhook-desk.ts';
import {
  kryptoExpressBody,
  type Message,
  signKryptoExpress,
  signStandard,
  standardBody,
} from '../../../../bin/payments/messages.ts';

const ID = orderId(1);
const OTHER_STANDARD = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
const MINUTE_MS = 60_000;
const SIGNATURES = ['X-Signature', 'webhook-signature', 'webhook-id', 'webhook-timestamp'];

const without = ({ headers, body }: Message, name: string): Message => ({
  body,
  headers: Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name)),
});
const withHeader = ({ headers, body }: Message, name: string, change: (value: string) => string): Message => ({
  body,
  headers: { ...headers, [name]: change(headers[name] ?? '') },
});
const withBody = ({ headers }: Message, body: string): Message => ({ headers, body });
const flipped = (text: string) => `${text.startsWith('0') ? '1' : '0'}${text.slice(1)}`;

/** Refused, with nothing changed: the answer. */
async function refused(desk: WebhookDesk, message: Message, options?: Parameters<WebhookDesk['send']>[1]) {
  const before = desk.stored();
  const { status, said } = await desk.send(message, options);
  expect(desk.stored()).toBe(before);
  return `${status} ${said}`;
}

const signedK = (body: string) => signKryptoExpress(body, KRYPTO_SECRET);
const kBody = (amount: string, currency = 'BTC') =>
  kryptoExpressBody({ id: 'inv-1', amount, currency, hash: hashOf(1), isPaid: true });

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
    ['of another key', () => signKryptoExpress(kBody('0.01'), 'another secret, as long'), '401 INVALID_SIGNATURE'],
    ['changed after it was signed', ({ krypto }) => withBody(krypto(), kBody('0.02')), '401 INVALID_SIGNATURE'],
    ['not JSON at all', () => signedK('id=inv-1'), '400 INVALID_PARAMETER'],
    ['empty', () => signedK(''), '400 INVALID_PARAMETER'],
    ['null', () => signedK('null'), '400 INVALID_PARAMETER'],
    ['with a key twice', () => signedK(kBody('0.01').replace('{', '{"isPaid": false, ')), '400 INVALID_PARAMETER'],
    [
      'with a key twice, once escaped',
      () => signedK(kBody('0.01').replace('{', '{"isP\\u0061id": false, ')),
      '400 INVALID_PARAMETER',
    ],
    ['with something after its end', () => signedK(`${kBody('0.01')}{}`), '400 INVALID_PARAMETER'],
    ['a negative amount', () => signedK(kBody('-0.01')), '400 INVALID_AMOUNT'],
    ['an exponent', () => signedK(kBody('1e-2')), '400 INVALID_AMOUNT'],
    ['a huge exponent', () => signedK(kBody('1e999')), '400 INVALID_AMOUNT'],
    ['a huge exponent as a text', () => signedK(kBody('"1e999"')), '400 INVALID_AMOUNT'],
    ['infinity', () => signedK(kBody('Infinity')), '400 INVALID_PARAMETER'],
    ['hex', () => signedK(kBody('"0x10"')), '400 INVALID_AMOUNT'],
    ['zero', () => signedK(kBody('0.0')), '400 INVALID_AMOUNT'],
    ['nothing', () => signedK(kBody('null')), '400 INVALID_AMOUNT'],
    ['with a leading zero', () => signedK(kBody('01')), '400 INVALID_PARAMETER'],
    ['more digits than the currency has', () => signedK(kBody('0.123456789')), '400 INVALID_AMOUNT'],
    ['more digits, though they are zeros', () => signedK(kBody('0.010000000')), '400 INVALID_AMOUNT'],
    ['an unknown currency', () => signedK(kBody('0.01', 'DOGE')), '400 INVALID_PARAMETER'],
    ['a currency in another case', () => signedK(kBody('0.01', 'btc')), '400 INVALID_PARAMETER'],
    ['a deposit', () => signedK(kBody('0.01').replace('PAYMENT', 'DEPOSIT')), '400 INVALID_PARAMETER'],
    [
      '"true" for true',
      () => signedK(kBody('0.01').replace('"isPaid": true', '"isPaid": "true"')),
      '400 INVALID_PARAMETER',
    ],
    ['without isPaid', () => signedK(kBody('0.01').replace('"isPaid": true, ', '')), '400 INVALID_PARAMETER'],
    [
      'with an id that is a list',
      () => signedK(kBody('0.01').replace('"inv-1"', '["inv-1"]')),
      '400 INVALID_PARAMETER',
    ],
    ['of an invoice that no order has', ({ krypto }) => krypto({ id: 'inv-9' }), '404 ORDER_NOT_FOUND'],
  ])('%s', async (_what, message, answer) => {
    const desk = await createWebhookDesk('kryptoexpress');
    expect(await refused(desk, message(desk))).toBe(answer);
  });
});

const sBody = (change: Partial<Parameters<typeof standardBody>[0]> = {}) => ({
  type: 'payment.confirmed' as const,
  invoiceId: 'inv-1',
  paymentId: 'pay-1',
  hash: hashOf(1),
  amount: '0.01',
  currency: 'BTC',
  confirmations: 3,
  ...change,
});
/** The body of the test's webhook, changed before it is signed. */
const signedS = ({ clock }: WebhookDesk, change: (body: string) => string) =>
  signStandard(change(standardBody({ atMs: clock.now(), ...sBody() })), STANDARD_SECRET, clock.now());
const stamped = ({ clock }: WebhookDesk, byMs: number) =>
  signStandard(standardBody({ atMs: clock.now(), ...sBody() }), STANDARD_SECRET, clock.now() + byMs);

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
      (d) => signStandard(standardBody({ atMs: d.clock.now(), ...sBody() }), OTHER_STANDARD, d.clock.now()),
      '401 INVALID_SIGNATURE',
    ],
    [
      'changed after it was signed',
      ({ standard }) => withBody(standard(), standardBody({ atMs: 0, ...sBody() })),
      '401 INVALID_SIGNATURE',
    ],
    [
      'with a blank more than was signed',
      ({ standard }) => withBody(standard(), `${standard().body} `),
      '401 INVALID_SIGNATURE',
    ],
    ['signed 301 s ago', (desk) => stamped(desk, -301_000), '401 INVALID_SIGNATURE'],
    ['signed 301 s ahead', (desk) => stamped(desk, 301_000), '401 INVALID_SIGNATURE'],
    [
      'with a key twice',
      (d) => signedS(d, (b) => b.replace('"amount"', '"amount":"9","amount"')),
      '400 INVALID_PARAMETER',
    ],
    [
      'of an event that is none',
      (d) => signedS(d, (b) => b.replace('payment.confirmed', 'payment.refunded')),
      '400 INVALID_PARAMETER',
    ],
    [
      'that happens in an hour',
      ({ standard, clock }) => standard({ atMs: clock.now() + 60 * MINUTE_MS }),
      '400 INVALID_PARAMETER',
    ],
    ['with an exponent for a number', (d) => signedS(d, (b) => b.replace('"0.01"', '1e999')), '400 INVALID_AMOUNT'],
    [
      'with half a confirmation',
      (d) => signedS(d, (b) => b.replace('"confirmations":3', '"confirmations":2.5')),
      '400 INVALID_PARAMETER',
    ],
    [
      'with -1 confirmations',
      (d) => signedS(d, (b) => b.replace('"confirmations":3', '"confirmations":-1')),
      '400 INVALID_PARAMETER',
    ],
    [
      'with 1e3 confirmations',
      (d) => signedS(d, (b) => b.replace('"confirmations":3', '"confirmations":1e3')),
      '400 INVALID_PARAMETER',
    ],
    ['without confirmations', (d) => signedS(d, (b) => b.replace(',"confirmations":3', '')), '400 INVALID_PARAMETER'],
    ['with an unknown currency', ({ standard }) => standard({ currency: 'LTC' }), '400 INVALID_PARAMETER'],
    [
      'with more digits than SOL has',
      ({ standard }) => standard({ currency: 'SOL', amount: '0.1234567891' }),
      '400 INVALID_AMOUNT',
    ],
    [
      'with __proto__ for an invoice',
      (d) => signedS(d, (b) => b.replace('"invoice_id":"inv-1"', '"__proto__":{"invoice_id":"inv-1"}')),
      '400 INVALID_PARAMETER',
    ],
    [
      'nested deeper than any',
      (d) => signedS(d, (b) => b.replace('"0.01"', `${'['.repeat(20)}${']'.repeat(20)}`)),
      '400 INVALID_PARAMETER',
    ],
    ['of an invoice that no order has', ({ standard }) => standard({ invoiceId: 'inv-9' }), '404 ORDER_NOT_FOUND'],
  ])('%s', async (_what, message, answer) => {
    const desk = await createWebhookDesk();
    expect(await refused(desk, message(desk))).toBe(answer);
  });
});

describe('before the body is read', () => {
  it('1,024 bytes are read, and 1,025 are not, however they are encoded', async () => {
    const desk = await createWebhookDesk('kryptoexpress');
    const padded = (bytes: number) => signedK(kBody('0.01').padEnd(bytes, ' '));
    expect(await refused(desk, padded(1_025))).toBe('413 PAYLOAD_TOO_LARGE');
    expect(await refused(desk, padded(1_025), { base64: true })).toBe('413 PAYLOAD_TOO_LARGE');
    expect(await refused(desk, padded(1_025), { to: 'nobody' })).toBe('413 PAYLOAD_TOO_LARGE');
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
    expect(await refused(desk, desk.krypto(), { to: 'acme' })).toBe('401 INVALID_SIGNATURE');
    expect(await refused(desk, desk.standard(), { to: 'kryptoexpress' })).toBe('401 INVALID_SIGNATURE');
  });
});

describe('a webhook of KryptoExpress', () => {
  it('that is paid makes its order paid, in one transaction with its entries and notices', async () => {
    const desk = await createWebhookDesk('kryptoexpress');
    expect(await desk.send(desk.krypto())).toMatchObject({ status: 200, said: 'applied' });
    expect(await desk.order(ID)).toMatchObject({ status: 'paid', version: 2, payment: { amount_paid: '1000000' } });
    expect(desk.payments()).toMatchObject([
      {
        id: 'kryptoexpress:inv-1',
        status: 'confirmed',
        on_chain: null,
        processor: { invoice_id: 'inv-1', transaction_hash: hashOf(1), confirmations: null },
      },
    ]);
    expect(desk.rows('audit').map(({ action, actor }) => [action, actor])).toEqual([
      ['payment.confirmed_by_processor', 'processor:kryptoexpress'],
      ['order.confirming', 'processor:kryptoexpress'],
      ['order.paid', 'processor:kryptoexpress'],
    ]);
    await expectShopLaws(desk);
  });

  it.each([
    ['a number as a text', '"0.01"'],
    ['a number with digits that no float has', '0.01000001'],
    ['a short amount within the tolerance', '0.009991'],
  ])('takes %s exactly', async (_what, amount) => {
    const desk = await createWebhookDesk('kryptoexpress');
    expect((await desk.send(signedK(kBody(amount)))).said).toBe('applied');
    const digits = amount.replaceAll('"', '').slice(2).padEnd(8, '0');
    expect(desk.payments()).toMatchObject([{ amount: BigInt(digits).toString() }]);
    expect(await desk.order(ID)).toMatchObject({ status: 'paid' });
  });

  it('sent again, also with other blanks, is known already and changes nothing', async () => {
    const desk = await createWebhookDesk('kryptoexpress');
    const message = desk.krypto();
    await desk.send(message);
    const before = desk.stored();
    const blanks = withBody(message, message.body.replaceAll(',', ' ,\n\t'));
    for (const again of [message, blanks]) {
      expect(await desk.send(again)).toMatchObject({ status: 200, said: 'already_known' });
    }
    expect(desk.stored()).toBe(before);
    expect(desk.metrics.counts()).toMatchObject({ PaymentWebhookRepeated: 2 });
  });

  it('cannot be made to say something else by blanks that nobody signed', async () => {
    const desk = await createWebhookDesk('kryptoexpress');
    const message = desk.krypto();
    const spaced = withBody(message, message.body.replace('"inv-1"', '"inv -1"').replace('0.01', '0.0 1'));
    expect((await desk.send(spaced)).said).toBe('applied');
    expect(desk.payments()).toMatchObject([{ id: 'kryptoexpress:inv-1', amount: '1000000' }]);
  });

  it('of an invoice that has expired is on record, and changes nothing of the order', async () => {
    const desk = await createWebhookDesk('kryptoexpress');
    expect((await desk.send(desk.krypto({ isPaid: false, hash: null }))).said).toBe('applied');
    expect(await desk.order(ID)).toMatchObject({ status: 'awaiting_payment', payment: { amount_paid: '0' } });
    expect(desk.payments()).toEqual([]);
    expect(desk.rows('audit')).toMatchObject([{ action: 'payment.invoice_expired_by_processor' }]);
    expect((await desk.send(desk.krypto())).said).toBe('applied');
    expect(await desk.order(ID)).toMatchObject({ status: 'paid' });
    await expectShopLaws(desk);
  });

  it.each([
    ['on the deadline', 0, 'paid', []],
    ['in the grace after it', 119_000, 'paid', []],
    ['after the grace', 121_000, 'expired', ['paid_late']],
  ])('heard %s counts as its time says', async (_what, afterMs, status, flags) => {
    const desk = await createWebhookDesk('kryptoexpress');
    desk.clock.advance(TEST_DEADLINE_MS - desk.clock.now() + afterMs);
    await desk.expireAtProcessors();
    expect((await desk.send(desk.krypto())).said).toBe('applied');
    expect(await desk.order(ID)).toMatchObject({ status, flags });
    await expectShopLaws(desk);
  });

  it('with another currency than the order’s is kept in sight, and counts for nothing', async () => {
    const desk = await createWebhookDesk('kryptoexpress');
    expect((await desk.send(signedK(kBody('12.5', 'USDT_TRC20')))).said).toBe('applied');
    expect(desk.payments()).toMatchObject([{ amount: '12500000', other_asset: 'USDT' }]);
    expect(await desk.order(ID)).toMatchObject({
      status: 'awaiting_payment',
      flags: ['other_asset'],
      payment: { amount_paid: '0' },
    });
  });

  it('sent again a year later changes nothing and is counted: there is no time in its signature', async () => {
    const desk = await createWebhookDesk('kryptoexpress');
    const recorded = desk.krypto();
    await desk.send(recorded);
    desk.clock.advance(365 * 24 * 60 * MINUTE_MS);
    expect(await refused(desk, recorded)).toBe('200 already_known');
    expect(desk.metrics.counts()).toMatchObject({ PaymentWebhookRepeated: 1 });
  });

  it('whose transaction is another payment’s is refused and told to operators', async () => {
    const desk = await createWebhookDesk('kryptoexpress');
    await desk.putBound(2);
    await desk.send(desk.krypto());
    const before = desk.stored();
    const again = await desk.send(desk.krypto({ id: 'inv-2', hash: hashOf(1).toUpperCase().replace('X', 'x') }));
    expect([again.status, again.said]).toEqual([409, 'DUPLICATE_TRANSACTION']);
    expect(desk.stored()).toBe(before);
    expect(desk.rows('logs')).toMatchObject([{ category: 'payment_anomaly', severity: 'ERROR' }]);
    expect(desk.metrics.counts()).toMatchObject({ PaymentWebhookUnmatched: 1 });
  });
});

describe('a webhook by Standard Webhooks', () => {
  it('sees a payment, then its confirmations, as many as the order wants', async () => {
    const desk = await createWebhookDesk();
    const path = [
      [{ type: 'payment.detected', confirmations: 0 }, 'confirming', 'detected'],
      [{ type: 'payment.confirmed', confirmations: 2, atMs: desk.clock.now() + 1 }, 'confirming', 'detected'],
      [{ type: 'payment.confirmed', confirmations: 3, atMs: desk.clock.now() + 2 }, 'paid', 'confirmed'],
    ] as const;
    for (const [fields, status, payment] of path) {
      expect((await desk.send(desk.standard(fields))).said).toBe('applied');
      expect(await desk.order(ID)).toMatchObject({ status });
      expect(desk.payments()).toMatchObject([{ id: 'acme:pay-1', status: payment }]);
    }
    await expectShopLaws(desk);
  });

  it('with an amount as a number token is exact', async () => {
    const desk = await createWebhookDesk();
    expect((await desk.send(signedS(desk, (body) => body.replace('"0.01"', '0.01000001')))).said).toBe('applied');
    expect(desk.payments()).toMatchObject([{ amount: '1000001' }]);
  });

  it('pays in two parts', async () => {
    const desk = await createWebhookDesk();
    await desk.send(desk.standard({ amount: '0.004' }));
    expect(await desk.order(ID)).toMatchObject({ status: 'awaiting_payment', flags: ['partially_paid'] });
    await desk.send(desk.standard({ paymentId: 'pay-2', hash: hashOf(2), amount: '0.006' }));
    expect(await desk.order(ID)).toMatchObject({ status: 'paid', flags: [], payment: { amount_paid: '1000000' } });
    await expectShopLaws(desk);
  });

  it('is signed by several secrets while one replaces another', async () => {
    const desk = await createWebhookDesk();
    const message = desk.standard();
    const other = `v1,${Buffer.alloc(32, 1).toString('base64')}`;
    expect((await desk.send(withHeader(message, 'webhook-signature', (own) => `${other} v1a,xyz ${own}`))).said).toBe(
      'applied',
    );
  });

  it.each([-300_000, 300_000])('signed %i ms off is let in', async (byMs) => {
    const desk = await createWebhookDesk();
    expect((await desk.send(stamped(desk, byMs))).said).toBe('applied');
  });

  it('sent again under its id, with a fresh signature, is known already', async () => {
    const desk = await createWebhookDesk();
    const body = standardBody({ atMs: desk.clock.now(), ...sBody() });
    const attempt = () => signStandard(body, STANDARD_SECRET, desk.clock.now(), 'msg_1');
    expect((await desk.send(attempt())).said).toBe('applied');
    desk.clock.advance(MINUTE_MS);
    const before = desk.stored();
    expect((await desk.send(attempt())).said).toBe('already_known');
    expect(desk.stored()).toBe(before);
  });

  it('is answered 200 when it is sent again after its answer was lost, and each time is counted', async () => {
    const desk = await createWebhookDesk();
    const body = standardBody({ atMs: desk.clock.now(), ...sBody() });
    const attempt = () => signStandard(body, STANDARD_SECRET, desk.clock.now(), 'msg_1');
    await desk.send(attempt());
    for (let retry = 1; retry <= 3; retry += 1) {
      // A processor goes on for days, and signs each attempt with its own time.
      desk.clock.advance(24 * 60 * MINUTE_MS);
      const before = desk.stored();
      const { status, said } = await desk.send(attempt());
      expect([status, said, desk.stored() === before]).toEqual([200, 'already_known', true]);
      expect(desk.metrics.counts()).toMatchObject({ PaymentWebhookRepeated: retry });
    }
  });

  it('that somebody recorded and sends again is refused after five minutes, and counted', async () => {
    const desk = await createWebhookDesk();
    const recorded = desk.standard();
    expect((await desk.send(recorded)).status).toBe(200);
    desk.clock.advance(5 * MINUTE_MS);
    expect(await refused(desk, recorded)).toBe('200 already_known');
    desk.clock.advance(1_000);
    expect(await refused(desk, recorded)).toBe('401 INVALID_SIGNATURE');
    expect(desk.metrics.counts()).toMatchObject({ PaymentWebhookRepeated: 1, PaymentWebhookUnsigned: 1 });
    expect(desk.log.of('PAYMENT_WEBHOOK_UNSIGNED')).toMatchObject([{ reason: 'timestamp' }]);
  });

  it('that fails takes a payment back, and the order waits again', async () => {
    const desk = await createWebhookDesk();
    await desk.send(desk.standard({ type: 'payment.detected', confirmations: 0 }));
    await desk.send(desk.standard({ type: 'payment.failed', confirmations: 0 }));
    expect(await desk.order(ID)).toMatchObject({ status: 'awaiting_payment', payment: { amount_paid: '0' } });
    await desk.send(desk.standard({ type: 'payment.detected', confirmations: 1 }));
    expect(await desk.order(ID)).toMatchObject({ status: 'awaiting_payment' });
    await expectShopLaws(desk);
  });

  it.each([
    ['after it was final', ['payment.confirmed', 'payment.failed']],
    ['before it was final', ['payment.failed', 'payment.confirmed']],
  ] as const)('that fails %s changes no order, and is told once as CRITICAL', async (_what, types) => {
    const desk = await createWebhookDesk();
    for (const type of [...types, ...types]) await desk.send(desk.standard({ type }));
    expect(await desk.order(ID)).toMatchObject({ status: 'paid', payment: { amount_paid: '1000000' } });
    expect(desk.rows('logs')).toMatchObject([{ category: 'payment_anomaly', severity: 'CRITICAL' }]);
    await expectShopLaws(desk);
  });

  it('told of after the grace, but happened in time, is late money: the order has expired meanwhile', async () => {
    const desk = await createWebhookDesk();
    const inTime = TEST_DEADLINE_MS - 1_000;
    desk.clock.advance(TEST_DEADLINE_MS - desk.clock.now() + 121_000);
    await desk.expireAtProcessors();
    await desk.send(desk.standard({ atMs: inTime }));
    expect(await desk.order(ID)).toMatchObject({ status: 'expired', flags: ['paid_late'] });
    await expectShopLaws(desk);
  });

  it('of one payment for two orders counts for the first', async () => {
    const desk = await createWebhookDesk();
    await desk.putBound(2);
    await desk.send(desk.standard());
    const other = await desk.send(desk.standard({ invoiceId: 'inv-2', hash: hashOf(2) }));
    expect([other.status, other.said]).toEqual([409, 'DUPLICATE_TRANSACTION']);
    expect(await desk.order(orderId(2))).toMatchObject({ status: 'awaiting_payment', version: 1 });
  });
});
