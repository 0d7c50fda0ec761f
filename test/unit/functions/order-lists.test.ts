import { describe, expect, it } from 'vitest';
import type { Order } from '#shared/orders/order.ts';
import { AwsCallCounter } from '#shared/platform/aws/call-counter.ts';
import { openOrderDesk } from '#test/support/fakes/order-desk.ts';
import { orderId } from '#test/support/fakes/orders.ts';

describe('the operator’s list of orders with a SKU', () => {
  const line = { name: 'Tee', quantity: 1, unit_price: { amount: '2500', currency: 'USD' } };
  /** An order of these SKUs that holds nothing any more. */
  const orderOf = (...skus: readonly string[]): Partial<Order> => ({
    ...{ status: 'expired', stock: 'released' },
    lines: skus.map((sku) => ({ ...line, sku, allocations: [{ sku, shard: 0, quantity: 1 }] })),
  });

  it('has the orders with a line of it and no others, with the other filters too, page by page', async () => {
    const { send } = await openOrderDesk([
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
    const desk = await openOrderDesk(Array.from({ length: 1_000 }, (_, nth) => orderOf(nth === 0 ? 'RARE' : 'MUG')));
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
  const placedBy = async ({ putCart, checkOut }: Awaited<ReturnType<typeof openOrderDesk>>, email: string | null) =>
    (await checkOut(await putCart([{ sku: 'TEE-M', quantity: 1 }]), { email })).id;
  const listBy = (desk: Awaited<ReturnType<typeof openOrderDesk>>) => async (query: Record<string, string[]>) => {
    const { json } = await desk.send({ path: '/orders', query, scopes: 'orders:read' });
    return { ids: json.data.map(({ id }: { id: string }) => id), cursor: json.next_cursor, json };
  };

  it('are found by the e-mail address of their checkouts, in capitals or not, newest first and page by page', async () => {
    const desk = await openOrderDesk([]);
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
    const desk = await openOrderDesk([]);
    const [kept, cancelled] = [await placedBy(desk, MAIL), await placedBy(desk, MAIL)];
    await desk.ask(cancelled, 'cancelled', 'operator');
    const list = listBy(desk);
    expect((await list({ email: [MAIL], status: ['cancelled'] })).ids).toEqual([cancelled]);
    expect((await list({ email: [MAIL], sku: ['TEE-M'], status: ['awaiting_payment'] })).ids).toEqual([kept]);
    expect((await list({ email: [MAIL], sku: ['MUG'] })).ids).toEqual([]);
    expect((await list({ email: [MAIL], created_to: ['2020-01-01T00:00:00.000Z'] })).ids).toEqual([]);
  });

  it('are one query of an index and one read of their rows, however many orders others have', async () => {
    const desk = await openOrderDesk(Array.from({ length: 300 }, () => ({ status: 'expired' as const })));
    await placedBy(desk, MAIL);
    const calls = new AwsCallCounter();
    calls.attach(desk.client);
    expect((await listBy(desk)({ email: [MAIL] })).ids).toHaveLength(1);
    expect(calls.snapshot()).toEqual({ QueryCommand: 1, BatchGetItemCommand: 1 });
  });

  it('do not put the address into a key, a cursor or a log', async () => {
    const desk = await openOrderDesk([]);
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
