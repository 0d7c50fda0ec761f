import { describe, expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import { orderId, TEST_DEADLINE_MS, testPayment } from '#test/support/fakes/orders.ts';
import { CUSTOMER, createRefundDesk } from '#test/support/fakes/refund-desk.ts';
import { expectRefundLaws } from '#test/support/fakes/refund-laws.ts';

/** Bugs of other shops about money that goes back, each of which must not happen here: by the name under which it was reported. */

const ID = orderId(1);

async function open(...put: Parameters<ReturnType<typeof createRefundDesk>['putPaid']>) {
  const desk = createRefundDesk();
  desk.putProduct('TEE-M', [10]);
  await desk.putPaid(...put);
  return desk;
}

describe('BTCPay', () => {
  it('#2607: one address is paid as often as there is money for it, of one order and of several', async () => {
    const desk = await open({ status: 'expired' }, [400]);
    await desk.putPaid({ id: orderId(2), status: 'expired' }, [70]);
    const first = await desk.refunded('confirmed', { amount: '100' });
    const second = await desk.refunded('confirmed', { kind: 'excess' });
    const third = await desk.refunded('confirmed', {}, orderId(2));
    expect([first, second, third].map(({ to, amount }) => [to, amount])).toEqual([
      [CUSTOMER, '100'],
      [CUSTOMER, '300'],
      [CUSTOMER, '70'],
    ]);
    await expectRefundLaws(desk);
  });

  it('#4146: partial, expired, then late and over: all of it can be given back, and how much it is, is told', async () => {
    const desk = await open({ status: 'expired' }, [300_000]);
    const late = { id: `31337:0x${'f'.repeat(64)}:0`, block_at: isoTime(TEST_DEADLINE_MS + 60_000) };
    await desk.settle(ID, [testPayment(900_000, late)]);
    expect(await desk.refunded('confirmed')).toMatchObject({ amount: '1200000', is_partial: false });
    expect((await desk.read()).order.status).toBe('refunded');
    await expectRefundLaws(desk);
  });

  it('#6127: what was paid beyond the amount due can be given back, and the order is what it was', async () => {
    const desk = await open({ flags: ['overpaid'] }, [1_250_000]);
    expect(await desk.refunded('confirmed', { kind: 'excess' })).toMatchObject({ amount: '250000' });
    expect((await desk.read()).order).toMatchObject({ status: 'paid', stock: 'reserved' });
    await expectRefundLaws(desk);
  });

  it('#1371, #1375: money that a double spend took away is not given back', async () => {
    const desk = await open({ status: 'expired' }, [{ amount: '400', status: 'orphaned' }]);
    await expect(desk.refund()).rejects.toMatchObject({ code: 'INVALID_TRANSITION', details: { confirmed: '0' } });
  });

  it('#3548: money without enough confirmations is not given back', async () => {
    const desk = await open({ status: 'expired' }, [{ amount: '400', status: 'detected' }]);
    await expect(desk.refund()).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
    await desk.settle(ID, [testPayment(400, { id: `31337:0x${'a'.repeat(63)}1:0` })]);
    expect(await desk.refund()).toMatchObject({ amount: '400' });
  });
});

describe('shops that forget stock (BTCPay woo #33, #72; bitpay woo #88)', () => {
  it('pieces of a refunded order can be sold again, once, however often the refund is tried', async () => {
    const desk = await open();
    const shard = () => desk.rows('shop').find(({ sk }) => sk === 'STOCK');
    expect(shard()).toMatchObject({ available: 8, reserved: 2 });
    for (const end of ['reverted', 'failed', 'confirmed'] as const) await desk.refunded(end);
    expect(shard()).toMatchObject({ available: 10, reserved: 0 });
    expect((await desk.read()).order.status).toBe('refunded');
    await expectRefundLaws(desk);
  });
});

describe('SHKeeper', () => {
  it('#249: the refund is on record before anything is sent, and what is sent is on record with it', async () => {
    const desk = await open();
    const { transaction_id, id } = await desk.refund();
    expect(await desk.transaction(transaction_id)).toMatchObject({ status: 'queued', reference: `refund:${id}` });
    expect((await desk.read()).refunds).toMatchObject([{ id, status: 'pending', transaction_id }]);
  });
});

describe('Medusa', () => {
  it('#13301, #4798, #12481: two that refund at once are one refund, and the other can try again after a failure', async () => {
    const desk = await open();
    const asked = await Promise.allSettled([desk.refund(), desk.refund()]);
    const [one, ...more] = asked.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(more).toEqual([]);
    await expectRefundLaws(desk);
    await desk.endTransaction(one?.transaction_id ?? '', 'failed');
    await desk.deliver();
    expect(await desk.refund()).toMatchObject({ status: 'pending' });
    await expectRefundLaws(desk);
  });
});
