import { describe, expect, it } from 'vitest';
import { bindRoutes as bindRefunds } from '#functions/refunds-api/handler.ts';
import { bindRoutes as bindStorefront } from '#functions/storefront-api/handler.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { createListPager } from '#shared/platform/http/list-pager.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { TestRequest } from '#test/support/fakes/api-request.ts';
import { orderId } from '#test/support/fakes/orders.ts';
import { CUSTOMER, createRefundDesk, OTHER_CUSTOMER, type RefundDesk } from '#test/support/fakes/refund-desk.ts';
import { expectRefundLaws } from '#test/support/fakes/refund-laws.ts';
import { createTestApi } from '#test/support/fakes/test-api.ts';

const TOKEN = 'T'.repeat(43);
const BODY = { kind: 'order', to: CUSTOMER, reason: 'the customer asked' };

/** The routes of refunds, beside those of the storefront, before one order that was paid. */
async function api(...put: Parameters<RefundDesk['putPaid']>) {
  const desk = createRefundDesk();
  desk.putProduct('TEE-M', [10]);
  await desk.putPaid(...put);
  const refunds = desk.depsBy(desk.client);
  const storefront = {
    ...desk.checkoutDeps(desk.client),
    log: desk.log.log,
    refunds: refunds.refunds,
    scanKicker: { kick: async () => undefined },
    orders: createOrderStore(desk.client, 'shop'),
    pager: createListPager(async () => 'a secret that signs cursors'),
    reservationMs: 600_000,
    emptyCurrency: 'USD',
  };
  const { send } = createTestApi([...bindRefunds(refunds), ...bindStorefront(storefront)], {
    idempotency: createIdempotencyStore(desk.client, 'ephemeral', desk.clock.now),
    clock: desk.clock.now,
  });
  let keys = 0;
  const ask = async (request: Omit<TestRequest, 'path'> & Partial<TestRequest>) => {
    keys += 1;
    const headers = { 'Idempotency-Key': `key-${keys}`, ...request.headers };
    const response = await send({
      path: '/admin/orders/{id}/refund',
      params: { id: orderId(1) },
      method: 'POST',
      ...request,
      headers,
    });
    return { ...response, json: JSON.parse(response.body) };
  };
  const refund = (body: unknown, more: Partial<TestRequest> = {}) => ask({ body, scopes: 'orders:refund', ...more });
  const list = () => ask({ method: 'GET', path: '/admin/orders/{id}/refunds', scopes: 'orders:read' });
  const claim = (address: string, token?: string) =>
    ask({
      path: '/orders/{id}/refund-address',
      scopes: 'carts:write',
      body: { address },
      headers: token === undefined ? {} : { 'X-Order-Token': token },
    });
  return { desk, refund, list, claim };
}

describe('POST /admin/orders/{id}/refund', () => {
  it('answers 202 with the refund, and lists it with what may still be given back', async () => {
    const { refund, list, desk } = await api({}, [1_000_500]);
    const asked = await refund({ ...BODY, kind: 'excess' });
    expect(asked).toMatchObject({ statusCode: 202, json: { status: 'pending', amount: '500', kind: 'excess' } });
    expect((await list()).json).toEqual({
      data: [asked.json],
      claimed_address: null,
      refundable: { order: '1000000', excess: '0', other_assets: [] },
    });
    await expectRefundLaws(desk);
  });

  it('with the same Idempotency-Key has the same answer, though the order has moved on', async () => {
    const { refund, list, desk } = await api();
    const headers = { 'Idempotency-Key': 'once' };
    const first = await refund(BODY, { headers });
    await desk.endTransaction(first.json.transaction_id, 'confirmed');
    await desk.deliver();
    const second = await refund(BODY, { headers });
    expect(second).toMatchObject({ statusCode: 202, json: first.json });
    expect((await list()).json.data).toHaveLength(1);
    expect(await refund({ ...BODY, reason: 'another' }, { headers })).toMatchObject({
      statusCode: 422,
      json: { error: 'IDEMPOTENCY_MISMATCH' },
    });
    await expectRefundLaws(desk);
  });

  it.each(['orders:write', 'orders:read', 'carts:write', 'custody:write', 'transactions:write'])(
    'is not for who has %s: sending money has a scope of its own',
    async (scopes) => {
      const { refund, desk } = await api();
      expect(await refund(BODY, { scopes })).toMatchObject({ statusCode: 403, json: { error: 'FORBIDDEN' } });
      expect((await desk.read()).refunds).toEqual([]);
    },
  );

  it.each([
    ['no kind', { kind: undefined }, 'INVALID_PARAMETER', 'body.kind'],
    ['an unknown kind', { kind: 'all' }, 'INVALID_PARAMETER', 'body.kind'],
    ['no reason', { reason: ' ' }, 'INVALID_PARAMETER', 'body.reason'],
    ['nothing as the amount', { amount: '0' }, 'INVALID_AMOUNT', 'body.amount'],
    ['less than nothing', { amount: '-1' }, 'INVALID_AMOUNT', 'body.amount'],
    ['a part of a unit', { amount: '1.5' }, 'INVALID_AMOUNT', 'body.amount'],
    ['an exponent', { amount: '1e3' }, 'INVALID_AMOUNT', 'body.amount'],
    ['a number', { amount: 1 }, 'INVALID_AMOUNT', 'body.amount'],
    ['a wrong checksum', { to: CUSTOMER.replace('C44C', 'c44C') }, 'INVALID_ADDRESS', 'body.to'],
    ['no address', { to: 'ada.eth' }, 'INVALID_ADDRESS', 'body.to'],
    ['an unknown field', { asset: 'ETH' }, 'UNKNOWN_FIELD', 'body.asset'],
  ])('refuses %s, naming the field', async (_what, part, error, field) => {
    const { refund, desk } = await api();
    const response = await refund({ ...BODY, ...part });
    expect(response).toMatchObject({ statusCode: 400, json: { error } });
    expect(JSON.stringify(response.json)).toContain(field);
    expect((await desk.read()).refunds).toEqual([]);
  });
});

describe('POST /orders/{id}/refund-address', () => {
  it('is for who shows the token of the order, and shown to operators', async () => {
    const { claim, list, refund } = await api();
    expect(await claim(OTHER_CUSTOMER.toLowerCase(), TOKEN)).toMatchObject({
      statusCode: 200,
      json: { order_id: orderId(1), address: OTHER_CUSTOMER },
    });
    expect((await list()).json).toMatchObject({ claimed_address: OTHER_CUSTOMER });
    expect((await refund({ ...BODY, to: undefined, claimed_address: OTHER_CUSTOMER })).json).toMatchObject({
      to: OTHER_CUSTOMER,
      address_from: 'customer',
    });
    expect(await claim(CUSTOMER, TOKEN)).toMatchObject({ statusCode: 409, json: { error: 'INVALID_TRANSITION' } });
  });

  it.each([
    ['without a token', undefined],
    ['with the token of another order', 'X'.repeat(43)],
    ['with something that can be no token', 'x'],
  ])('is answered as if there were no such order %s', async (_how, token) => {
    const { claim, list } = await api();
    expect(await claim(OTHER_CUSTOMER, token)).toMatchObject({ statusCode: 404, json: { error: 'ORDER_NOT_FOUND' } });
    expect((await list()).json).toMatchObject({ claimed_address: null });
  });

  it('refuses the address that the order is paid to: it would go in a circle', async () => {
    const { claim, desk } = await api();
    const { payment } = (await desk.read()).order;
    const response = await claim(payment.address ?? '', TOKEN);
    expect(response).toMatchObject({ statusCode: 400, json: { error: 'INVALID_ADDRESS' } });
  });
});
