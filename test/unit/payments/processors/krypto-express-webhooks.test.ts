import { describe, expect, it } from 'vitest';
import { orderId, TEST_DEADLINE_MS } from '#test/support/fakes/orders.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';
import { createWebhookDesk } from '#test/support/fakes/webhook-desk.ts';
import { hashOf, kryptoBody, signedByKrypto, withBody } from '#test/support/fakes/webhook-messages.ts';

const ID = orderId(1);
const YEAR_MS = 365 * 24 * 60 * 60_000;

/** What KryptoExpress says of a payment of so much. */
const paidWith = (amount: string, currency = 'BTC') => kryptoBody({ amount, currency });

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
    expect((await desk.send(signedByKrypto(paidWith(amount)))).said).toBe('applied');
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
    expect((await desk.send(signedByKrypto(paidWith('12.5', 'USDT_TRC20')))).said).toBe('applied');
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
    desk.clock.advance(YEAR_MS);
    expect(await desk.refused(recorded)).toBe('200 already_known');
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
