import { describe, expect, it } from 'vitest';
import { behindRival } from '#test/support/fakes/held-rival.ts';
import { serveOrders } from '#test/support/fakes/order-desk.ts';
import { orderId, processorOrder, TEST_DEADLINE_MS, testOrder } from '#test/support/fakes/orders.ts';
import { createShopDesk } from '#test/support/fakes/shop-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';

const SECOND_MS = 1_000;
const GRACE_MS = 120 * SECOND_MS;

/** A shop with ten pieces and an empty pool of deposit wallets. */
function open() {
  const desk = createShopDesk();
  desk.putProduct('TEE-M', [10]);
  const { send } = serveOrders(desk);
  const checkOut = async (body: object) => {
    const cart = await desk.putCart([{ sku: 'TEE-M', quantity: 2 }]);
    return send({
      method: 'POST',
      path: '/carts/{id}/checkout',
      params: { id: cart.id },
      headers: { 'X-Cart-Token': cart.token },
      body: { expected_total: cart.total, ...body },
      scopes: 'carts:write',
    });
  };
  const bind = (id: string, body: object, headers: Readonly<Record<string, string>> = {}, scopes = 'orders:write') =>
    send({
      method: 'POST',
      path: '/admin/orders/{id}/processor-invoice',
      params: { id },
      body,
      headers,
      scopes,
    });
  return { ...desk, checkOut, bind };
}

describe('a checkout through a processor', () => {
  it('takes stock and a price, and no deposit wallet, chain or address', async () => {
    const desk = open();
    const { statusCode, json } = await desk.checkOut({ processor: 'kryptoexpress', asset: 'btc' });
    expect(statusCode).toBe(201);
    expect(json.payment).toEqual({
      chain_id: null,
      processor: { name: 'kryptoexpress', invoice_id: null },
      asset: 'BTC',
      token_address: null,
      decimals: 8,
      address: null,
      uri: null,
      // 50.00 at 2,000.
      amount_due: '2500000',
      amount_paid: '0',
      rate: '2000',
      expires_at: json.payment.expires_at,
      required_confirmations: 3,
    });
    expect(desk.rows('ledger')).toEqual([]);
    expect(desk.rows('shop').filter(({ sk }) => sk === 'PAYMENT_ADDRESS')).toEqual([]);
    expect(desk.rows('audit')).toMatchObject([
      { action: 'order.created', detail: { processor: 'kryptoexpress', asset: 'BTC', amount_due: '2500000' } },
    ]);
    expect(desk.orders()).toMatchObject([{ gsi3pk: expect.stringMatching(/^DUE_ORDERS#processor#\d$/) }]);
    await expectShopLaws(desk);
  });

  it.each([
    ['both a chain and a processor', { chain_id: 31_337, processor: 'acme', asset: 'BTC' }, 'body.chain_id'],
    ['neither', { asset: 'BTC' }, 'body.chain_id'],
    ['a processor that is none', { processor: 'other', asset: 'BTC' }, 'body.processor'],
    ['a name that can be none', { processor: 'A b', asset: 'BTC' }, 'body.processor'],
    ['an asset that it does not take', { processor: 'acme', asset: 'LTC' }, 'body.asset'],
  ])('refuses %s, and names the field', async (_what, body, field) => {
    const desk = open();
    const { statusCode, json } = await desk.checkOut(body);
    expect([statusCode, json.error, json.details.fields[0].field]).toEqual([400, 'INVALID_PARAMETER', field]);
    expect(desk.orders()).toEqual([]);
  });
});

describe("a processor's invoice", () => {
  const URI = 'bitcoin:bc1qtest?amount=0.025';

  it('is bound to an order once, shown with it and on record', async () => {
    const desk = open();
    await desk.putOrder(processorOrder());
    const bound = await desk.bind(orderId(1), { invoice_id: '4711', address: 'bc1qtest', uri: URI });
    expect([bound.statusCode, bound.headers['ETag']]).toEqual([200, '"v2"']);
    expect(bound.json.payment).toMatchObject({
      processor: { name: 'kryptoexpress', invoice_id: '4711' },
      address: 'bc1qtest',
      uri: URI,
    });
    expect(desk.rows('shop')).toContainEqual(
      expect.objectContaining({ pk: 'PROCESSOR_INVOICE#kryptoexpress#4711', order_id: orderId(1) }),
    );
    expect(desk.rows('audit')).toMatchObject([
      { action: 'order.invoice_bound', actor: 'key_tester', detail: { invoice_id: '4711' } },
    ]);
    const again = await desk.bind(orderId(1), { invoice_id: '4712' });
    expect([again.statusCode, again.json.error]).toEqual([409, 'INVALID_TRANSITION']);
    await expectShopLaws(desk);
  });

  it('repeated with the same key, is answered as the first time', async () => {
    const desk = open();
    await desk.putOrder(processorOrder());
    const bind = () => desk.bind(orderId(1), { invoice_id: '4711' }, { 'Idempotency-Key': 'once' });
    const [first, second] = [await bind(), await bind()];
    expect([second.statusCode, second.headers['Idempotent-Replayed']]).toEqual([200, 'true']);
    expect(second.json).toEqual(first.json);
  });

  it('is one order’s: two orders that want it at once, and one has it', async () => {
    const desk = open();
    await desk.putOrder(processorOrder());
    await desk.putOrder(processorOrder({ id: orderId(2) }));
    const answers = await Promise.all([1, 2].map((n) => desk.bind(orderId(n), { invoice_id: '4711' })));
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 409]);
    expect(answers.find(({ statusCode }) => statusCode === 409)?.json.error).toBe('DUPLICATE_REFERENCE');
    await expectShopLaws(desk);
  });

  it.each([
    ['an order that is paid on a chain', testOrder(), { invoice_id: '1' }, {}, 'orders:write', 'INVALID_TRANSITION'],
    ['no id', processorOrder(), { invoice_id: '' }, {}, 'orders:write', 'INVALID_PARAMETER'],
    ['a number', processorOrder(), { invoice_id: 1 }, {}, 'orders:write', 'INVALID_PARAMETER'],
    [
      'what a browser would run',
      processorOrder(),
      { invoice_id: '1', uri: 'javascript:alert(1)' },
      {},
      'orders:write',
      'INVALID_PARAMETER',
    ],
    [
      'another version',
      processorOrder(),
      { invoice_id: '1' },
      { 'If-Match': '"v7"' },
      'orders:write',
      'VERSION_MISMATCH',
    ],
    ['who may not write orders', processorOrder(), { invoice_id: '1' }, {}, 'orders:read', 'FORBIDDEN'],
  ])('refuses %s', async (_what, order, body, headers, scopes, code) => {
    const desk = open();
    await desk.putOrder(order);
    expect((await desk.bind(orderId(1), body, headers, scopes)).json.error).toBe(code);
    expect(await desk.order(orderId(1))).toMatchObject({ version: 1 });
  });
});

describe('an order through a processor that nobody paid', () => {
  it('expires a grace after its deadline, and gives its pieces back', async () => {
    const desk = open();
    await desk.putOrder(processorOrder());
    desk.clock.advance(TEST_DEADLINE_MS - desk.clock.now() + GRACE_MS - SECOND_MS);
    await desk.expireAtProcessors();
    expect(await desk.order(orderId(1))).toMatchObject({ status: 'awaiting_payment' });
    desk.clock.advance(2 * SECOND_MS);
    await desk.expireAtProcessors();
    expect(await desk.order(orderId(1))).toMatchObject({ status: 'expired', stock: 'released' });
    await expectShopLaws(desk);
  });

  /**
   * DynamoDB lets go of the items of a transaction one by one: of a rival that has expired the order, its pieces are seen, and the order is
   * still held.
   */
  it('is no drift of stock where another run has just expired it', async () => {
    const desk = open();
    await desk.putOrder(processorOrder());
    desk.clock.advance(TEST_DEADLINE_MS - desk.clock.now() + GRACE_MS + SECOND_MS);
    const { client, rivals } = behindRival(desk.dynamo);
    await desk.expireAtProcessors(client);
    expect(rivals()).toBe(1);
    expect(desk.log.of('ORDER_NOT_SETTLED')).toEqual([]);
    expect(await desk.order(orderId(1))).toMatchObject({ status: 'expired', stock: 'released', version: 2 });
    await expectShopLaws(desk);
  });
});
