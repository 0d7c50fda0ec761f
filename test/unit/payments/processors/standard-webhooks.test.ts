import { describe, expect, it } from 'vitest';
import { orderId, TEST_DEADLINE_MS } from '#test/support/fakes/orders.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';
import { createWebhookDesk } from '#test/support/fakes/webhook-desk.ts';
import { hashOf, paidBody, signedByStandard, withHeader } from '#test/support/fakes/webhook-messages.ts';

const ID = orderId(1);
const MINUTE_MS = 60_000;

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
    expect((await desk.send(desk.signedWith((body) => body.replace('"0.01"', '0.01000001')))).said).toBe('applied');
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
    expect((await desk.send(desk.stamped(byMs))).said).toBe('applied');
  });

  it('sent again under its id, with a fresh signature, is known already', async () => {
    const desk = await createWebhookDesk();
    const body = paidBody(desk.clock.now());
    const attempt = () => signedByStandard(body, desk.clock.now(), 'msg_1');
    expect((await desk.send(attempt())).said).toBe('applied');
    desk.clock.advance(MINUTE_MS);
    const before = desk.stored();
    expect((await desk.send(attempt())).said).toBe('already_known');
    expect(desk.stored()).toBe(before);
  });

  it('is answered 200 when it is sent again after its answer was lost, and each time is counted', async () => {
    const desk = await createWebhookDesk();
    const body = paidBody(desk.clock.now());
    const attempt = () => signedByStandard(body, desk.clock.now(), 'msg_1');
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
    expect(await desk.refused(recorded)).toBe('200 already_known');
    desk.clock.advance(1_000);
    expect(await desk.refused(recorded)).toBe('401 INVALID_SIGNATURE');
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
