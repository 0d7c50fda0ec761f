import { describe, expect, it } from 'vitest';
import { alertSchema } from '#shared/alerts/alert.ts';
import { outboxItem } from '#shared/platform/outbox/outbox-message.ts';
import { orderId, testPayment } from '#test/support/fakes/orders.ts';
import { createRefundDesk, OTHER_CUSTOMER, type RefundDesk } from '#test/support/fakes/refund-desk.ts';
import { expectRefundLaws } from '#test/support/fakes/refund-laws.ts';

const FAILURES = ['reverted', 'failed', 'expired', 'cancelled'] as const;

async function paidDesk(...put: Parameters<RefundDesk['putPaid']>) {
  const desk = createRefundDesk();
  desk.putProduct('TEE-M', [10]);
  await desk.putPaid(...put);
  return desk;
}

const alerts = (desk: RefundDesk) =>
  desk
    .rows('logs')
    .filter(({ sk }) => sk === 'ALERT')
    .map((row) => alertSchema.parse(row));

const actions = (desk: RefundDesk) =>
  desk
    .rows('audit')
    .filter(({ pk }) => pk === orderId(1))
    .map(({ action }) => action);

describe('a refund whose transaction is confirmed', () => {
  it('is confirmed, and its order refunded, with history and notices, and nobody is alarmed', async () => {
    const desk = await paidDesk();
    const { id } = await desk.refunded('confirmed');
    const { order, refunds } = await desk.read();
    expect(order).toMatchObject({ status: 'refunded', stock: 'released', version: 3 });
    expect(refunds).toMatchObject([{ id, status: 'confirmed', failure: null, version: 2 }]);
    expect(actions(desk)).toEqual([
      'order.refunding',
      'order.refund_accepted',
      'order.refunded',
      'order.refund_confirmed',
    ]);
    const events = desk.rows('shop').flatMap(({ sk, event }) => (sk === 'NOTICE' ? [event] : []));
    expect(events.filter((event) => event === 'order.refunded')).toHaveLength(2);
    expect(alerts(desk)).toEqual([]);
    expect(desk.metrics.counts()).toMatchObject({ RefundConfirmed: 1 });
    await expectRefundLaws(desk);
  });

  it('is ended once, however often its end is told', async () => {
    const desk = await paidDesk();
    const { transaction_id, id } = await desk.refunded('confirmed');
    const before = await desk.read();
    const fact = { type: 'transaction.ended', transaction_id, status: 'confirmed', failure: null };
    const message = { id: 'again', subject: `refund:${orderId(1)}/${id}`, fact, created_at: before.order.updated_at };
    desk.dynamo.put('ledger', outboxItem(message));
    expect([...(await desk.deliver()).values()]).toEqual(['delivered']);
    expect(await desk.read()).toEqual(before);
    expect(desk.metrics.counts()).toMatchObject({ RefundConfirmed: 1 });
  });

  it('of less than there is ends the order all the same: the operator asked for it', async () => {
    const desk = await paidDesk({ status: 'expired' }, [400]);
    await desk.refunded('confirmed', { amount: '150' });
    expect((await desk.read()).order.status).toBe('refunded');
    // The rest is not lost: it is what the order has beyond what it keeps, which is nothing.
    expect(await desk.refund({ kind: 'excess', to: OTHER_CUSTOMER })).toMatchObject({ amount: '250' });
    await expectRefundLaws(desk);
  });

  it('leaves the order refunding where more came meanwhile, says so, and the operator gives that back too', async () => {
    const desk = await paidDesk({ status: 'expired' }, [400]);
    const { transaction_id } = await desk.refund();
    await desk.settle(orderId(1), [testPayment(30, { id: `31337:0x${'e'.repeat(64)}:0` })]);
    await desk.endTransaction(transaction_id, 'confirmed');
    await desk.deliver();
    expect((await desk.read()).order.status).toBe('refunding');
    expect(alerts(desk)).toMatchObject([
      { severity: 'WARNING', category: 'payment_anomaly', details: { remaining: '30', order_status: 'refunding' } },
    ]);
    expect(await desk.refunded('confirmed')).toMatchObject({ amount: '30' });
    expect((await desk.read()).order.status).toBe('refunded');
    await expectRefundLaws(desk);
  });

  it('of money that has gone from the chain meanwhile is a CRITICAL alert', async () => {
    const desk = await paidDesk({ status: 'expired' }, [400]);
    const { transaction_id } = await desk.refund();
    const gone = { id: `31337:0x${'a'.repeat(63)}1:0`, status: 'orphaned', is_watched: false } as const;
    await desk.settle(orderId(1), [testPayment(400, gone)]);
    await desk.endTransaction(transaction_id, 'confirmed');
    await desk.deliver();
    expect((await desk.read()).order.status).toBe('refunded');
    expect(alerts(desk)).toMatchObject([{ severity: 'CRITICAL', details: { remaining: '-400' } }]);
    expect(desk.metrics.counts()).toMatchObject({ CriticalAlert: 1 });
  });

  it('of the excess changes nothing of its order', async () => {
    const desk = await paidDesk({}, [1_000_500]);
    await desk.refunded('confirmed', { kind: 'excess' });
    const { order, refunds } = await desk.read();
    expect(order).toMatchObject({ status: 'paid', stock: 'reserved', version: 3 });
    expect(refunds).toMatchObject([{ kind: 'excess', status: 'confirmed' }]);
    expect(actions(desk)).toEqual(['order.refund_accepted', 'order.refund_confirmed']);
    expect(alerts(desk)).toEqual([]);
    // And the rest of the order can be given back after it: no more than is left.
    expect(await desk.refund()).toMatchObject({ amount: '1000000' });
    await expectRefundLaws(desk);
  });
});

describe.each(FAILURES)('a refund whose transaction is %s', (end) => {
  it('has failed, alarms, and leaves its order refunding, so that another can be asked for', async () => {
    const desk = await paidDesk();
    const failure = { code: 'CONTRACT_REVERT', message: 'refuses coin' };
    const { id, transaction_id } = await desk.refund();
    await desk.endTransaction(transaction_id, end, { failure });
    await desk.deliver();
    const { order, refunds } = await desk.read();
    expect(order).toMatchObject({ status: 'refunding', stock: 'released' });
    expect(refunds).toMatchObject([{ id, status: 'failed', failure: { code: 'CONTRACT_REVERT' } }]);
    expect(refunds[0]?.failure?.message).toContain(end);
    expect(refunds[0]?.failure?.message).toContain('refuses coin');
    expect(alerts(desk)).toMatchObject([
      {
        severity: 'ERROR',
        category: 'payment_anomaly',
        details: { order_id: orderId(1), refund_id: id, transaction_id },
      },
    ]);
    expect(desk.metrics.counts()).toMatchObject({ RefundFailed: 1, AlertRecorded: 1 });
    await expectRefundLaws(desk);

    // Pieces were given back by the first one: not once more.
    await desk.refunded('confirmed', { to: OTHER_CUSTOMER });
    const after = await desk.read();
    expect(after.order).toMatchObject({ status: 'refunded', stock: 'released' });
    expect(after.refunds.map(({ status }) => status).toSorted()).toEqual(['confirmed', 'failed']);
    await expectRefundLaws(desk);
  });
});

it('an end that is not that of its refund is kept in the outbox, and changes nothing', async () => {
  const desk = await paidDesk();
  const { id } = await desk.refund();
  const fact = { type: 'transaction.ended', transaction_id: 'tx_other', status: 'confirmed', failure: null };
  const created_at = (await desk.read()).order.updated_at;
  desk.dynamo.put('ledger', outboxItem({ id: 'wrong', subject: `refund:${orderId(1)}/${id}`, fact, created_at }));
  expect([...(await desk.deliver()).values()]).toEqual(['failed']);
  expect((await desk.read()).refunds).toMatchObject([{ status: 'pending' }]);
});

describe('a customer says where the money goes', () => {
  it('and may say otherwise as long as no refund is under way, and again when one has failed', async () => {
    const desk = await paidDesk();
    expect(await desk.claim(OTHER_CUSTOMER)).toMatchObject({ address: OTHER_CUSTOMER });
    expect(actions(desk)).toEqual(['order.refund_address_claimed']);
    const first = await desk.refund({ to: undefined, claimed_address: OTHER_CUSTOMER });
    await expect(desk.claim(first.wallet_id)).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
    await desk.endTransaction(first.transaction_id, 'failed');
    await desk.deliver();
    const third = '0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65';
    await desk.claim(third);
    expect(await desk.refund({ to: undefined, claimed_address: third })).toMatchObject({
      to: third,
      address_from: 'customer',
    });
    await expectRefundLaws(desk);
  });

  it('only with the token of the order', async () => {
    const desk = await paidDesk();
    await expect(desk.claim(OTHER_CUSTOMER, { token: 'X'.repeat(43) })).rejects.toMatchObject({
      code: 'ORDER_NOT_FOUND',
    });
    expect((await desk.read()).claimed).toBeUndefined();
  });

  it('not of an order whose money has all gone back', async () => {
    const desk = await paidDesk();
    await desk.refunded('confirmed');
    await expect(desk.claim(OTHER_CUSTOMER)).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
  });

  it.each(['awaiting_payment', 'confirming', 'fulfilled', 'completed'] as const)(
    'not of an order that is %s and has nothing to give back',
    async (status) => {
      const desk = await paidDesk({ status });
      await expect(desk.claim(OTHER_CUSTOMER)).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
    },
  );
});
