import { describe, expect, it } from 'vitest';
import { bindRoutes } from '#functions/refunds-api/handler.ts';
import type { Order } from '#shared/orders/order.ts';
import { paymentItem } from '#shared/orders/put-order.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { TestRequest } from '#test/support/fakes/api-request.ts';
import { orderId, processorOrder, testPayment } from '#test/support/fakes/orders.ts';
import { createRefundDesk } from '#test/support/fakes/refund-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';
import { createTestApi } from '#test/support/fakes/test-api.ts';

const BODY = { kind: 'order', amount: '1000000', processor_reference: 'back-4711', reason: 'the customer asked' };

/** An order that was paid through a processor, before the routes of refunds. */
async function api(overrides: Partial<Omit<Order, 'payment'>> = {}, amount = 1_000_000) {
  const desk = createRefundDesk();
  desk.putProduct('TEE-M', [10]);
  const putPaid = async (n: number) => {
    const id = orderId(n);
    await desk.putOrder(processorOrder({ status: 'paid', ...overrides, id }, { amount_paid: String(amount) }));
    desk.dynamo.put(
      'shop',
      paymentItem(
        testPayment(amount, {
          id: `kryptoexpress:${n}`,
          order_id: id,
          on_chain: null,
          is_watched: false,
          processor: {
            name: 'kryptoexpress',
            invoice_id: `inv-${n}`,
            transaction_hash: null,
            confirmations: null,
            told_at: '2026-11-22T18:00:00.000Z',
            is_contradicted: false,
          },
        }),
      ),
    );
  };
  await putPaid(1);
  const { send } = createTestApi(bindRoutes(desk.depsBy(desk.client)), {
    idempotency: createIdempotencyStore(desk.client, 'ephemeral', desk.clock.now),
    clock: desk.clock.now,
  });
  let keys = 0;
  const record = async (part: object = {}, { of = 1, ...more }: Partial<TestRequest> & { of?: number } = {}) => {
    keys += 1;
    const response = await send({
      method: 'POST',
      path: '/admin/orders/{id}/processor-refund',
      params: { id: orderId(of) },
      body: { ...BODY, ...part },
      scopes: 'orders:refund',
      headers: { 'Idempotency-Key': `key-${keys}` },
      ...more,
    });
    return { ...response, json: JSON.parse(response.body) };
  };
  return { desk, record, putPaid };
}

describe('a refund that a processor made', () => {
  it('takes a paid order to refunded in one write, with its pieces, its history and its notices', async () => {
    const { desk, record } = await api();
    const answer = await record();
    expect(answer).toMatchObject({
      statusCode: 201,
      json: {
        status: 'confirmed',
        kind: 'order',
        amount: '1000000',
        is_partial: false,
        asset: 'BTC',
        chain_id: null,
        processor: { name: 'kryptoexpress', reference: 'back-4711' },
        requested_by: expect.any(String),
      },
    });
    const { order, refunds } = await desk.readAll();
    expect(order).toMatchObject({ status: 'refunded', stock: 'released', version: 2 });
    expect(refunds).toEqual([answer.json]);
    const entries = desk.rows('audit').filter(({ pk }) => pk === orderId(1));
    expect(entries).toMatchObject([
      { action: 'order.refunding', reason: BODY.reason },
      { action: 'order.refunded', reason: BODY.reason },
      {
        action: 'order.refund_recorded',
        severity: 'WARNING',
        reason: BODY.reason,
        detail: { amount: '1000000', processor: 'kryptoexpress', reference: 'back-4711' },
      },
    ]);
    const notices = desk.rows('shop').filter(({ sk }) => sk === 'NOTICE');
    expect(new Set(notices.map(({ event }) => event))).toEqual(new Set(['order.refunding', 'order.refunded']));
    expect(desk.rows('ledger').filter(({ sk }) => sk === 'TX')).toEqual([]);
    await expectShopLaws(desk);
  });

  it.each(['expired', 'cancelled'] as const)('ends an order that is %s and was paid all the same', async (status) => {
    const { desk, record } = await api({ status });
    expect((await record()).statusCode).toBe(201);
    expect((await desk.readAll()).order).toMatchObject({ status: 'refunded', stock: 'released' });
    await expectShopLaws(desk);
  });

  it('of the excess leaves the order what it is, and no excess is recorded twice', async () => {
    const { desk, record } = await api({}, 1_000_500);
    expect((await record({ kind: 'excess', amount: '501' })).json.error).toBe('INVALID_AMOUNT');
    expect((await record({ kind: 'excess', amount: '500' })).statusCode).toBe(201);
    expect((await desk.readAll()).order).toMatchObject({ status: 'paid', stock: 'reserved' });
    expect((await record({ kind: 'excess', amount: '1', processor_reference: 'back-2' })).json.error).toBe(
      'INVALID_TRANSITION',
    );
    await expectShopLaws(desk);
  });

  it('is never more than was received', async () => {
    const { desk, record } = await api();
    expect(await record({ amount: '1000001' })).toMatchObject({ statusCode: 400, json: { error: 'INVALID_AMOUNT' } });
    expect((await desk.readAll()).order).toMatchObject({ status: 'paid', version: 1 });
  });

  it('is recorded once: a reference that is known is refused, of any order', async () => {
    const { desk, record, putPaid } = await api();
    await putPaid(2);
    expect((await record()).statusCode).toBe(201);
    const again = await record({}, { of: 2 });
    expect(again).toMatchObject({ statusCode: 409, json: { error: 'DUPLICATE_REFERENCE' } });
    expect((await desk.readAll(orderId(2))).order).toMatchObject({ status: 'paid', version: 1 });
  });

  it('with the same Idempotency-Key has the same answer, and is recorded once', async () => {
    const { desk, record } = await api();
    const headers = { 'Idempotency-Key': 'once' };
    const [first, second] = [await record({}, { headers }), await record({}, { headers })];
    expect([second.statusCode, second.json]).toEqual([201, first.json]);
    expect((await desk.readAll()).refunds).toHaveLength(1);
  });

  it('that two operators record at once is one', async () => {
    const { desk, record } = await api();
    const answers = await Promise.all(['a', 'b', 'c'].map((processor_reference) => record({ processor_reference })));
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([201, 409, 409]);
    expect((await desk.readAll()).refunds).toHaveLength(1);
    await expectShopLaws(desk);
  });

  it('is not of an order that is paid on a chain, and no treasury pays what a processor has', async () => {
    const { desk, record } = await api();
    await desk.putPaid({ id: orderId(3) });
    expect((await record({}, { of: 3 })).json).toMatchObject({ error: 'INVALID_TRANSITION' });
    await expect(desk.refund()).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
  });

  it.each(['awaiting_payment', 'confirming', 'fulfilled', 'completed', 'refunded'] as const)(
    'is refused of an order that is %s',
    async (status) => {
      const { record } = await api({ status });
      expect(await record()).toMatchObject({ statusCode: 409, json: { error: 'INVALID_TRANSITION' } });
    },
  );

  it.each([
    ['no reference', { processor_reference: undefined }, 'body.processor_reference'],
    ['a reference with blanks', { processor_reference: 'a b' }, 'body.processor_reference'],
    ['no amount', { amount: undefined }, 'body.amount'],
    ['nothing', { amount: '0' }, 'body.amount'],
    ['no reason', { reason: '' }, 'body.reason'],
  ])('is refused with %s, naming the field', async (_what, part, field) => {
    const { record } = await api();
    const answer = await record(part);
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toContain(field);
  });

  it('is for who may give money back', async () => {
    const { record } = await api();
    expect(await record({}, { scopes: 'orders:write' })).toMatchObject({ statusCode: 403 });
  });
});
