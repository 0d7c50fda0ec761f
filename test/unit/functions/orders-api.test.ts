import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { bindRoutes as bindOrders } from '#functions/orders-api/handler.ts';
import { bindRoutes as bindStorefront } from '#functions/storefront-api/handler.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { tokenHash } from '#shared/checkout/tokens.ts';
import type { Order } from '#shared/orders/order.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { createRefundStore } from '#shared/payments/refunds/refund-store.ts';
import type { ScanKick } from '#shared/payments/scan/scan-kick.ts';
import { AwsCallCounter } from '#shared/platform/aws/call-counter.ts';
import { createListPager } from '#shared/platform/http/list-pager.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { TestRequest } from '#test/support/fakes/api-request.ts';
import { orderId, testOrder, testPayment } from '#test/support/fakes/orders.ts';
import { createShardRival } from '#test/support/fakes/shard-rival.ts';
import { createShopDesk } from '#test/support/fakes/shop-desk.ts';
import { createTestApi, problemOf } from '#test/support/fakes/test-api.ts';

const TOKEN = 'A'.repeat(43);
const OTHER_TOKEN = 'B'.repeat(43);
const ID = orderId(1);

/** A shop with orders, and both functions that serve them. */
async function open(orders: readonly Partial<Order>[] = [{}]) {
  const desk = createShopDesk();
  desk.fillPool();
  desk.putProduct('TEE-M', [100]);
  for (const [index, one] of orders.entries()) {
    const id = orderId(index + 1);
    const order = testOrder({ id, token_hash: tokenHash(desk.shopKey, 'order-token', id, TOKEN), ...one });
    await desk.putOrder(order, order.status === 'paid' ? [testPayment(1_000_000, { order_id: order.id })] : []);
  }
  const kicks: ScanKick[] = [];
  const deps = {
    ...desk.checkoutDeps(desk.client),
    ...desk.requestDeps(desk.client),
    tables: desk.checkoutDeps(desk.client).tables,
    orders: createOrderStore(desk.client, 'shop'),
    refunds: createRefundStore(desk.client, 'shop'),
    audit: createAuditStore(desk.client, 'audit'),
    pager: createListPager(async () => 'a secret that signs cursors'),
    reservationMs: 600_000,
    emptyCurrency: 'USD',
    scanKicker: {
      kick: async (kick: ScanKick) => {
        kicks.push(kick);
      },
    },
  };
  const api = createTestApi([...bindOrders(deps), ...bindStorefront(deps)], {
    idempotency: createIdempotencyStore(desk.client, 'ephemeral', desk.clock.now),
    clock: desk.clock.now,
  });
  let keys = 0;
  const send = async (request: TestRequest) => {
    keys += 1;
    const response = await api.send({ ...request, headers: { 'Idempotency-Key': `key-${keys}`, ...request.headers } });
    return { ...response, json: JSON.parse(response.body) };
  };
  const customer = (request: Partial<TestRequest> & Pick<TestRequest, 'path'>, token?: string) =>
    send({
      params: { id: ID },
      scopes: 'carts:write',
      ...request,
      headers: { ...(token === undefined ? {} : { 'X-Order-Token': token }), ...request.headers },
    });
  const operator = (action: string, body: unknown = {}, headers: Readonly<Record<string, string>> = {}) =>
    send({
      method: 'POST',
      path: `/admin/orders/{id}/${action}`,
      params: { id: ID },
      body,
      headers,
      scopes: 'orders:write',
    });
  return { ...desk, send, customer, operator, scanKicks: kicks };
}

describe('an order', () => {
  it('is shown to who has its token, and to who may read all; to nobody else, as if there were none', async () => {
    const { customer } = await open();
    const path = '/orders/{id}';
    const shown = await customer({ path }, TOKEN);
    expect([shown.statusCode, shown.headers['ETag']]).toEqual([200, '"v1"']);
    expect(shown.json).toMatchObject({ id: ID, payment: { uri: expect.stringMatching(/^ethereum:0x/) } });
    expect(shown.body).not.toMatch(/gsi|audit_|token_hash|allocations|wallet_id|"pk"/);
    expect((await customer({ path, scopes: 'orders:read' })).statusCode).toBe(200);
    const refused = [
      await customer({ path }),
      await customer({ path }, OTHER_TOKEN),
      await customer({ path }, 'short'),
      await customer({ path, params: { id: orderId(9) } }, TOKEN),
    ];
    expect(refused.map(({ statusCode, json }) => [statusCode, json.error])).toEqual(
      refused.map(() => [404, 'ORDER_NOT_FOUND']),
    );
    expect((await customer({ path, scopes: 'catalog:read' }, TOKEN)).statusCode).toBe(403);
  });

  it('is cancelled by its customer while it waits for money, and by nobody who lacks its token', async () => {
    const { customer, order } = await open();
    const path = '/orders/{id}/cancel';
    expect((await customer({ method: 'POST', path, body: {} }, OTHER_TOKEN)).statusCode).toBe(404);
    expect((await customer({ method: 'POST', path, body: {}, scopes: 'orders:read' }, TOKEN)).statusCode).toBe(403);
    const cancelled = await customer({ method: 'POST', path, body: {} }, TOKEN);
    expect(cancelled.json).toMatchObject({ status: 'cancelled', version: 2 });
    const again = await customer({ method: 'POST', path, body: {} }, TOKEN);
    expect([again.statusCode, again.json.error]).toEqual([409, 'INVALID_TRANSITION']);
    expect(await order(ID)).toMatchObject({ status: 'cancelled', stock: 'released' });
  });

  it('has its chain read now for who has its token, or may read all, and for nobody else', async () => {
    const { customer, scanKicks, clock } = await open();
    const path = '/orders/{id}/check-payment';
    const asked = await customer({ method: 'POST', path }, TOKEN);
    expect([asked.statusCode, asked.json.status]).toEqual([202, 'awaiting_payment']);
    expect((await customer({ method: 'POST', path, scopes: 'orders:read' })).statusCode).toBe(202);
    expect(scanKicks).toEqual(Array(2).fill({ chain_id: 31_337, until_ms: clock.now() + 60_000, looks: 3 }));
    expect((await customer({ method: 'POST', path }, OTHER_TOKEN)).statusCode).toBe(404);
    expect(scanKicks).toHaveLength(2);
  });

  it('is shown with its payments, page by page', async () => {
    const { customer, settle } = await open();
    const seen = ['a', 'b', 'c'].map((id) => testPayment(100_000, { id }));
    await settle(ID, seen);
    const path = '/orders/{id}/payments';
    const first = await customer({ path, query: { limit: ['2'] } }, TOKEN);
    expect(first.json.data).toMatchObject([{ id: 'a', amount: '100000', status: 'confirmed' }, { id: 'b' }]);
    const rest = await customer({ path, query: { limit: ['2'], cursor: [first.json.next_cursor] } }, TOKEN);
    expect(rest.json).toMatchObject({ data: [{ id: 'c' }], next_cursor: null });
  });

  it('is shown by a read of one row, however many payments strangers make to its address', async () => {
    const { client, customer, settle } = await open();
    for (const nth of ['a', 'b', 'c']) await settle(ID, [testPayment(1, { id: nth })]);
    const rows: unknown[] = [];
    client.middlewareStack.add((next) => async (sent) => {
      const answer = await next(sent);
      rows.push(z.object({ Items: z.array(z.unknown()) }).safeParse(answer.output).data?.Items.length);
      return answer;
    });
    await customer({ path: '/orders/{id}' }, TOKEN);
    await customer({ path: '/orders/{id}', scopes: 'orders:read' });
    await customer({ path: '/orders/{id}/payments', query: { limit: ['1'] } }, TOKEN);
    // The last two: the order, then a page and whether there is more.
    expect(rows).toEqual([1, 1, 1, 2]);
  });

  it('repeated with the same key, a change is answered as the first time', async () => {
    const { operator } = await open([{ status: 'paid' }]);
    const key = { 'Idempotency-Key': 'once' };
    const first = await operator('fulfil', {}, key);
    const second = await operator('fulfil', {}, key);
    expect([first.statusCode, second.statusCode, second.headers['Idempotent-Replayed']]).toEqual([200, 200, 'true']);
    expect(second.json).toEqual(first.json);
  });
});

describe('operators', () => {
  it('fulfil and complete what is paid, at the version that they looked at', async () => {
    const { operator, order } = await open([{ status: 'paid' }]);
    const stale = await operator('fulfil', {}, { 'If-Match': '"v9"' });
    expect(stale.statusCode).toBe(412);
    expect((await operator('fulfil', {}, { 'If-Match': '"v1"' })).headers['ETag']).toBe('"v2"');
    expect((await operator('complete')).json).toMatchObject({ status: 'completed', version: 3 });
    expect((await operator('complete')).statusCode).toBe(409);
    expect(await order(ID)).toMatchObject({ stock: 'sold' });
  });

  it('cancel and accept late money for a reason, which is in the history', async () => {
    const { operator, send, settle } = await open([{}]);
    expect(problemOf(await operator('cancel')).error).toBe('INVALID_PARAMETER');
    expect((await operator('cancel', { reason: 'fraud' })).json).toMatchObject({ status: 'cancelled' });
    await settle(ID, [testPayment(1_000_000)]);
    expect((await operator('accept-late', { reason: 'asked' })).statusCode).toBe(409);
    const path = '/orders/{id}/history';
    const history = await send({ path, params: { id: ID }, query: { limit: ['1'] }, scopes: 'orders:read' });
    expect(history.json.data).toMatchObject([
      { seq: 1, action: 'order.cancelled', actor: 'key_tester', reason: 'fraud', detail: { cause: 'operator' } },
    ]);
    const query = { limit: ['1'], cursor: [history.json.next_cursor] };
    const rest = await send({ path, params: { id: ID }, query, scopes: 'orders:read' });
    expect(rest.json).toMatchObject({ data: [{ seq: 2, action: 'order.payments_changed' }], next_cursor: null });
    expect((await send({ path, params: { id: orderId(9) }, scopes: 'orders:read' })).statusCode).toBe(404);
  });

  it('list orders by status and time of creation, newest first, and see nothing that is the shop’s own', async () => {
    const day = (n: number) => ({ created_at: `2026-11-0${n}T00:00:00.000Z` });
    // Ids are made when orders are.
    const ids = ['ord_01KBWZPA00AAAAAAAAAAAAAAAA', 'ord_01KBZJ3X00AAAAAAAAAAAAAAAA'];
    const { send } = await open([{ id: ids[0] ?? '', status: 'paid' }, { id: ids[1] ?? '' }]);
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

describe('the operator’s list of orders with a SKU', () => {
  const line = { name: 'Tee', quantity: 1, unit_price: { amount: '2500', currency: 'USD' } };
  /** An order of these SKUs that holds nothing any more. */
  const orderOf = (...skus: readonly string[]): Partial<Order> => ({
    ...{ status: 'expired', stock: 'released' },
    lines: skus.map((sku) => ({ ...line, sku, allocations: [{ sku, shard: 0, quantity: 1 }] })),
  });

  it('has the orders with a line of it and no others, with the other filters too, page by page', async () => {
    const { send } = await open([
      orderOf('TEE-M'),
      orderOf('MUG'),
      orderOf('MUG', 'TEE-M'),
      { ...orderOf('TEE-M'), status: 'cancelled' },
      orderOf('TEE-MM'),
    ]);
    const list = (query: Record<string, string[]>) => send({ path: '/orders', query, scopes: 'orders:read' });
    const idsOf = (json: { data: { id: string }[] }) => json.data.map(({ id }) => id);
    expect(idsOf((await list({ sku: ['TEE-M'] })).json)).toEqual([orderId(4), orderId(3), orderId(1)]);
    expect(idsOf((await list({ sku: ['TEE-M'], status: ['expired'] })).json)).toEqual([orderId(3), orderId(1)]);
    expect(idsOf((await list({ sku: ['tee-m'] })).json)).toEqual([]);
    const first = await list({ sku: ['TEE-M'], limit: ['2'] });
    expect(idsOf(first.json)).toEqual([orderId(4), orderId(3)]);
    const cursor = [first.json.next_cursor];
    const second = await list({ sku: ['TEE-M'], limit: ['2'], cursor });
    expect([idsOf(second.json), second.json.next_cursor]).toEqual([[orderId(1)], null]);
    // A cursor is good for the filter that it came from.
    expect((await list({ sku: ['MUG'], limit: ['2'], cursor })).statusCode).toBe(400);
    expect((await list({ sku: ['no sku'] })).statusCode).toBe(400);
  });

  it('looks at 800 orders for a page at most, and then goes on with a cursor', async () => {
    const desk = await open(Array.from({ length: 1_000 }, (_, nth) => orderOf(nth === 0 ? 'RARE' : 'MUG')));
    const calls = new AwsCallCounter();
    calls.attach(desk.client);
    const list = (query: Record<string, string[]>) =>
      desk.send({ path: '/orders', query: { sku: ['RARE'], ...query }, scopes: 'orders:read' });
    const first = await list({});
    expect([first.json.data, typeof first.json.next_cursor]).toEqual([[], 'string']);
    expect(calls.snapshot()).toMatchObject({ QueryCommand: 8, BatchGetItemCommand: 8 });
    const second = await list({ cursor: [first.json.next_cursor] });
    expect(second.json).toMatchObject({ data: [{ id: orderId(1) }], next_cursor: null });
  });
});

describe('a customer’s own orders', () => {
  const MAIL = 'ada+tea@example.com';
  const placedBy = async ({ putCart, checkOut }: Awaited<ReturnType<typeof open>>, email: string | null) =>
    (await checkOut(await putCart([{ sku: 'TEE-M', quantity: 1 }]), { email })).id;
  const listBy = (desk: Awaited<ReturnType<typeof open>>) => async (query: Record<string, string[]>) => {
    const { json } = await desk.send({ path: '/orders', query, scopes: 'orders:read' });
    return { ids: json.data.map(({ id }: { id: string }) => id), cursor: json.next_cursor, json };
  };

  it('are found by the e-mail address of their checkouts, in capitals or not, newest first and page by page', async () => {
    const desk = await open([]);
    const own = [await placedBy(desk, MAIL), await placedBy(desk, MAIL.toUpperCase())].sort().toReversed();
    await placedBy(desk, 'bob@example.com');
    await placedBy(desk, null);
    const list = listBy(desk);
    expect((await list({ email: [MAIL] })).ids).toEqual(own);
    expect((await list({ email: ['Ada+Tea@Example.com'] })).ids).toEqual(own);
    expect((await list({ email: ['nobody@example.com'] })).ids).toEqual([]);
    const first = await list({ email: [MAIL], limit: ['1'] });
    expect(first.ids).toEqual([own[0]]);
    const next = { email: [MAIL], limit: ['1'], cursor: [first.cursor] };
    expect((await list(next)).ids).toEqual([own[1]]);
    expect((await desk.send({ path: '/orders', query: { email: ['ada'] }, scopes: 'orders:read' })).statusCode).toBe(
      400,
    );
    // A cursor is good for the address that it came from.
    const forged = { ...next, email: ['bob@example.com'] };
    expect((await desk.send({ path: '/orders', query: forged, scopes: 'orders:read' })).statusCode).toBe(400);
    expect((await desk.send({ path: '/orders', query: { email: [MAIL] }, scopes: 'carts:write' })).statusCode).toBe(
      403,
    );
  });

  it('are narrowed by the other filters, and stay theirs whatever becomes of them', async () => {
    const desk = await open([]);
    const [kept, cancelled] = [await placedBy(desk, MAIL), await placedBy(desk, MAIL)];
    await desk.ask(cancelled, 'cancelled', 'operator');
    const list = listBy(desk);
    expect((await list({ email: [MAIL], status: ['cancelled'] })).ids).toEqual([cancelled]);
    expect((await list({ email: [MAIL], sku: ['TEE-M'], status: ['awaiting_payment'] })).ids).toEqual([kept]);
    expect((await list({ email: [MAIL], sku: ['MUG'] })).ids).toEqual([]);
    expect((await list({ email: [MAIL], created_to: ['2020-01-01T00:00:00.000Z'] })).ids).toEqual([]);
  });

  it('are one query of an index and one read of their rows, however many orders others have', async () => {
    const desk = await open(Array.from({ length: 300 }, () => ({ status: 'expired' as const })));
    await placedBy(desk, MAIL);
    const calls = new AwsCallCounter();
    calls.attach(desk.client);
    expect((await listBy(desk)({ email: [MAIL] })).ids).toHaveLength(1);
    expect(calls.snapshot()).toEqual({ QueryCommand: 1, BatchGetItemCommand: 1 });
  });

  it('do not put the address into a key, a cursor or a log', async () => {
    const desk = await open([]);
    await placedBy(desk, MAIL);
    await placedBy(desk, MAIL);
    const { cursor } = await listBy(desk)({ email: [MAIL], limit: ['1'] });
    expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toContain('ada');
    const keys = desk
      .rows('shop')
      .flatMap((row) => Object.entries(row).filter(([name]) => /^(pk|sk|gsi\d)/.test(name)));
    expect(JSON.stringify(keys)).toContain('CUSTOMER_ORDERS#');
    expect(JSON.stringify(keys)).not.toContain('ada');
    expect(desk.log.everything()).not.toContain(MAIL);
  });
});

describe('a checkout by the API', () => {
  it('is answered again with the same token, though a token is stored nowhere', async () => {
    const { putCart, send } = await open([]);
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
    const desk = await open([]);
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
    const { putCart, send } = await open([]);
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
