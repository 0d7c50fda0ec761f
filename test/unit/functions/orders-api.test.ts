import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { FIRST_ORDER, ORDER_TOKEN, openOrderDesk } from '#test/support/fakes/order-desk.ts';
import { orderId, testPayment } from '#test/support/fakes/orders.ts';
import { createShardRival } from '#test/support/fakes/shard-rival.ts';
import { problemOf } from '#test/support/fakes/test-api.ts';

const OTHER_TOKEN = 'B'.repeat(43);

describe('an order', () => {
  it('is shown to who has its token, and to who may read all; to nobody else, as if there were none', async () => {
    const { customer } = await openOrderDesk();
    const path = '/orders/{id}';
    const shown = await customer({ path }, ORDER_TOKEN);
    expect([shown.statusCode, shown.headers['ETag']]).toEqual([200, '"v1"']);
    expect(shown.json).toMatchObject({ id: FIRST_ORDER, payment: { uri: expect.stringMatching(/^ethereum:0x/) } });
    expect(shown.body).not.toMatch(/gsi|audit_|token_hash|allocations|wallet_id|"pk"/);
    expect((await customer({ path, scopes: 'orders:read' })).statusCode).toBe(200);
    const refused = [
      await customer({ path }),
      await customer({ path }, OTHER_TOKEN),
      await customer({ path }, 'short'),
      await customer({ path, params: { id: orderId(9) } }, ORDER_TOKEN),
    ];
    expect(refused.map(({ statusCode, json }) => [statusCode, json.error])).toEqual(
      refused.map(() => [404, 'ORDER_NOT_FOUND']),
    );
    expect((await customer({ path, scopes: 'catalog:read' }, ORDER_TOKEN)).statusCode).toBe(403);
  });

  it('is cancelled by its customer while it waits for money, and by nobody who lacks its token', async () => {
    const { customer, order } = await openOrderDesk();
    const path = '/orders/{id}/cancel';
    expect((await customer({ method: 'POST', path, body: {} }, OTHER_TOKEN)).statusCode).toBe(404);
    expect((await customer({ method: 'POST', path, body: {}, scopes: 'orders:read' }, ORDER_TOKEN)).statusCode).toBe(
      403,
    );
    const cancelled = await customer({ method: 'POST', path, body: {} }, ORDER_TOKEN);
    expect(cancelled.json).toMatchObject({ status: 'cancelled', version: 2 });
    const again = await customer({ method: 'POST', path, body: {} }, ORDER_TOKEN);
    expect([again.statusCode, again.json.error]).toEqual([409, 'INVALID_TRANSITION']);
    expect(await order(FIRST_ORDER)).toMatchObject({ status: 'cancelled', stock: 'released' });
  });

  it('has its chain read now for who has its token, or may read all, and for nobody else', async () => {
    const { customer, scanKicks, clock } = await openOrderDesk();
    const path = '/orders/{id}/check-payment';
    const asked = await customer({ method: 'POST', path }, ORDER_TOKEN);
    expect([asked.statusCode, asked.json.status]).toEqual([202, 'awaiting_payment']);
    expect((await customer({ method: 'POST', path, scopes: 'orders:read' })).statusCode).toBe(202);
    expect(scanKicks).toEqual(Array(2).fill({ chain_id: 31_337, until_ms: clock.now() + 60_000, looks: 3 }));
    expect((await customer({ method: 'POST', path }, OTHER_TOKEN)).statusCode).toBe(404);
    expect(scanKicks).toHaveLength(2);
  });

  it('is shown with its payments, page by page', async () => {
    const { customer, settle } = await openOrderDesk();
    const seen = ['a', 'b', 'c'].map((id) => testPayment(100_000, { id }));
    await settle(FIRST_ORDER, seen);
    const path = '/orders/{id}/payments';
    const first = await customer({ path, query: { limit: ['2'] } }, ORDER_TOKEN);
    expect(first.json.data).toMatchObject([{ id: 'a', amount: '100000', status: 'confirmed' }, { id: 'b' }]);
    const rest = await customer({ path, query: { limit: ['2'], cursor: [first.json.next_cursor] } }, ORDER_TOKEN);
    expect(rest.json).toMatchObject({ data: [{ id: 'c' }], next_cursor: null });
  });

  it('is shown by a read of one row, however many payments strangers make to its address', async () => {
    const { client, customer, settle } = await openOrderDesk();
    for (const nth of ['a', 'b', 'c']) await settle(FIRST_ORDER, [testPayment(1, { id: nth })]);
    const rows: unknown[] = [];
    client.middlewareStack.add((next) => async (sent) => {
      const answer = await next(sent);
      rows.push(z.object({ Items: z.array(z.unknown()) }).safeParse(answer.output).data?.Items.length);
      return answer;
    });
    await customer({ path: '/orders/{id}' }, ORDER_TOKEN);
    await customer({ path: '/orders/{id}', scopes: 'orders:read' });
    await customer({ path: '/orders/{id}/payments', query: { limit: ['1'] } }, ORDER_TOKEN);
    // The last two: the order, then a page and whether there is more.
    expect(rows).toEqual([1, 1, 1, 2]);
  });

  it('repeated with the same key, a change is answered as the first time', async () => {
    const { operator } = await openOrderDesk([{ status: 'paid' }]);
    const key = { 'Idempotency-Key': 'once' };
    const first = await operator('fulfil', {}, key);
    const second = await operator('fulfil', {}, key);
    expect([first.statusCode, second.statusCode, second.headers['Idempotent-Replayed']]).toEqual([200, 200, 'true']);
    expect(second.json).toEqual(first.json);
  });
});

describe('operators', () => {
  it('fulfil and complete what is paid, at the version that they looked at', async () => {
    const { operator, order } = await openOrderDesk([{ status: 'paid' }]);
    const stale = await operator('fulfil', {}, { 'If-Match': '"v9"' });
    expect(stale.statusCode).toBe(412);
    expect((await operator('fulfil', {}, { 'If-Match': '"v1"' })).headers['ETag']).toBe('"v2"');
    expect((await operator('complete')).json).toMatchObject({ status: 'completed', version: 3 });
    expect((await operator('complete')).statusCode).toBe(409);
    expect(await order(FIRST_ORDER)).toMatchObject({ stock: 'sold' });
  });

  it('cancel and accept late money for a reason, which is in the history', async () => {
    const { operator, send, settle } = await openOrderDesk([{}]);
    expect(problemOf(await operator('cancel')).error).toBe('INVALID_PARAMETER');
    expect((await operator('cancel', { reason: 'fraud' })).json).toMatchObject({ status: 'cancelled' });
    await settle(FIRST_ORDER, [testPayment(1_000_000)]);
    expect((await operator('accept-late', { reason: 'asked' })).statusCode).toBe(409);
    const path = '/orders/{id}/history';
    const history = await send({ path, params: { id: FIRST_ORDER }, query: { limit: ['1'] }, scopes: 'orders:read' });
    expect(history.json.data).toMatchObject([
      { seq: 1, action: 'order.cancelled', actor: 'key_tester', reason: 'fraud', detail: { cause: 'operator' } },
    ]);
    const query = { limit: ['1'], cursor: [history.json.next_cursor] };
    const rest = await send({ path, params: { id: FIRST_ORDER }, query, scopes: 'orders:read' });
    expect(rest.json).toMatchObject({ data: [{ seq: 2, action: 'order.payments_changed' }], next_cursor: null });
    expect((await send({ path, params: { id: orderId(9) }, scopes: 'orders:read' })).statusCode).toBe(404);
  });

  it('list orders by status and time of creation, newest first, and see nothing that is the shop’s own', async () => {
    const day = (n: number) => ({ created_at: `2026-11-0${n}T00:00:00.000Z` });
    // Ids are made when orders are.
    const ids = ['ord_01KBWZPA00AAAAAAAAAAAAAAAA', 'ord_01KBZJ3X00AAAAAAAAAAAAAAAA'];
    const { send } = await openOrderDesk([{ id: ids[0] ?? '', status: 'paid' }, { id: ids[1] ?? '' }]);
    const list = async (query: Record<string, readonly string[]>) => {
      const { json } = await send({ path: '/orders', query, scopes: 'orders:read' });
      return json.data.map(({ id }: { id: string }) => id);
    };
    expect(await list({})).toEqual(ids.toReversed());
    expect(await list({ status: ['paid'] })).toEqual([ids[0]]);
    expect(await list({ status: ['expired'] })).toEqual([]);
    expect(await list({ created_from: [day(1).created_at], created_to: [day(2).created_at] })).toEqual([]);
    const page = await send({ path: '/orders', query: { limit: ['1'] }, scopes: 'orders:read' });
    expect(page.body).not.toMatch(/gsi|audit_|token_hash|allocations/);
    const query = { limit: ['1'], cursor: [page.json.next_cursor] };
    expect((await send({ path: '/orders', query, scopes: 'orders:read' })).json.data).toMatchObject([{ id: ids[0] }]);
    expect((await send({ path: '/orders', query: { status: ['lost'] }, scopes: 'orders:read' })).statusCode).toBe(400);
    expect((await send({ path: '/orders', scopes: 'carts:write' })).statusCode).toBe(403);
  });
});

describe('a checkout by the API', () => {
  it('is answered again with the same token, though a token is stored nowhere', async () => {
    const { putCart, send } = await openOrderDesk([]);
    const cart = await putCart([{ sku: 'TEE-M', quantity: 2 }]);
    const headers = { 'X-Cart-Token': cart.token, 'Idempotency-Key': 'mine' };
    const body = { chain_id: 31_337, asset: 'ETH', email: 'ada@example.com', expected_total: cart.total };
    const check = () =>
      send({
        method: 'POST',
        path: '/carts/{id}/checkout',
        params: { id: cart.id },
        headers,
        body,
        scopes: 'carts:write',
      });
    const [first, second] = [await check(), await check()];
    expect([first.statusCode, second.statusCode, second.headers['Idempotent-Replayed']]).toEqual([201, 201, 'true']);
    expect(second.json).toEqual(first.json);
    const shown = await send({
      path: '/orders/{id}',
      params: { id: first.json.id },
      headers: { 'X-Order-Token': second.json.token },
      scopes: 'carts:write',
    });
    expect(shown.json).toMatchObject({ id: first.json.id, status: 'awaiting_payment' });
  });

  it('that others come before every time is a 409 to be tried again, and its key is good for another try', async () => {
    const desk = await openOrderDesk([]);
    desk.putProduct('LAST', [1, 0]);
    const cart = await desk.putCart([{ sku: 'LAST', quantity: 1 }]);
    const rival = createShardRival(desk, 'LAST');
    const check = () =>
      desk.send({
        method: 'POST',
        path: '/carts/{id}/checkout',
        params: { id: cart.id },
        headers: { 'X-Cart-Token': cart.token, 'Idempotency-Key': 'mine' },
        body: { chain_id: 31_337, asset: 'ETH', expected_total: cart.total },
        scopes: 'carts:write',
      });
    const refused = await check();
    expect([refused.statusCode, refused.json.error, refused.headers['Retry-After']]).toEqual([
      409,
      'WRITE_CONFLICT',
      '1',
    ]);
    rival.leave();
    const placed = await check();
    expect([placed.statusCode, placed.headers['Idempotent-Replayed']]).toEqual([201, undefined]);
  });

  it.each([
    ['a negative total', { expected_total: { amount: '-1', currency: 'USD' } }, 'INVALID_AMOUNT'],
    ['a total of zero', { expected_total: { amount: '0', currency: 'USD' } }, 'INVALID_AMOUNT'],
    ['a fraction', { expected_total: { amount: '1.5', currency: 'USD' } }, 'INVALID_AMOUNT'],
    ['an exponent', { expected_total: { amount: '1e3', currency: 'USD' } }, 'INVALID_AMOUNT'],
    ['a number', { expected_total: { amount: 5_000, currency: 'USD' } }, 'INVALID_AMOUNT'],
    ['more than any cart can cost', { expected_total: { amount: '9'.repeat(22), currency: 'USD' } }, 'INVALID_AMOUNT'],
    ['an unknown currency', { expected_total: { amount: '1', currency: 'XXX' } }, 'INVALID_PARAMETER'],
    ['a field that is none', { expected_total: { amount: '1', currency: 'USD', total: '1' } }, 'UNKNOWN_FIELD'],
    ['an address that is none', { email: 'ada' }, 'INVALID_PARAMETER'],
    ['a symbol that is none', { asset: '<ETH>' }, 'INVALID_PARAMETER'],
  ])('refuses %s', async (_what, change, code) => {
    const { putCart, send } = await openOrderDesk([]);
    const cart = await putCart([{ sku: 'TEE-M', quantity: 2 }]);
    const response = await send({
      method: 'POST',
      path: '/carts/{id}/checkout',
      params: { id: cart.id },
      headers: { 'X-Cart-Token': cart.token },
      body: { chain_id: 31_337, asset: 'ETH', expected_total: cart.total, ...change },
      scopes: 'carts:write',
    });
    expect([response.statusCode, response.json.error]).toEqual([400, code]);
  });
});
