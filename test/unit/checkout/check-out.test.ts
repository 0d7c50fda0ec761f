import { describe, expect, it } from 'vitest';
import { tokenHash } from '#shared/checkout/tokens.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { Capability } from '#shared/platform/http/capability.ts';
import { IdempotentReplay } from '#shared/platform/idempotency/idempotent-request.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { idempotentContext } from '#test/support/fakes/idempotent-context.ts';
import { openShop, refusal } from '#test/support/fakes/open-shop.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';

describe('a checkout', () => {
  it('makes an order of a cart: all of it, in three calls', async () => {
    const desk = openShop();
    const cart = await desk.putCart([
      { sku: 'TEE', quantity: 2 },
      { sku: 'MUG', quantity: 1 },
    ]);
    const order = await desk.checkOut(cart);
    expect(order).toMatchObject({
      status: 'awaiting_payment',
      flags: [],
      cart_id: cart.id,
      email: 'ada@example.com',
      total: { amount: '7500', currency: 'USD' },
      lines: [
        { sku: 'TEE', quantity: 2, unit_price: { amount: '2500', currency: 'USD' } },
        { sku: 'MUG', quantity: 1, unit_price: { amount: '2500', currency: 'USD' } },
      ],
      payment: { asset: 'ETH', decimals: 18, amount_due: '37500000000000000', amount_paid: '0', rate: '2000' },
      version: 1,
    });
    expect(order.payment.uri).toBe(
      `ethereum:${order.payment.address}@${order.payment.chain_id}?value=37500000000000000`,
    );
    expect(order.token).toMatch(/^[\w-]{43}$/);
    const [stored] = desk.orders();
    expect(stored).toMatchObject({ token_hash: tokenHash(desk.shopKey, 'order-token', order.id, String(order.token)) });
    expect(desk.rows('shop').filter(({ sk }) => sk === 'NOTICE')).toMatchObject([
      { event: 'order.created', order_id: order.id, gsi3pk: expect.stringMatching(/^WAITING_NOTICES#customer#\d$/) },
      { event: 'order.created', order_id: order.id, gsi3pk: expect.stringMatching(/^WAITING_NOTICES#merchant#\d$/) },
    ]);
    await expectShopLaws(desk);
  });

  it('stores tokens nowhere, and the e-mail address in the order only', async () => {
    const desk = openShop();
    const cart = await desk.putCart([{ sku: 'TEE', quantity: 1 }]);
    const { token } = await desk.checkOut(cart);
    const all = JSON.stringify([
      ...desk.rows('shop'),
      ...desk.rows('ledger'),
      ...desk.rows('audit'),
      ...desk.rows('ephemeral').map(({ answer }) => answer),
    ]);
    expect(all).not.toContain(token);
    expect(desk.log.everything()).not.toContain(token);
    expect(desk.log.everything()).not.toContain('ada@example.com');
    const told = JSON.stringify([...desk.rows('audit'), ...desk.rows('shop').filter(({ sk }) => sk !== 'ORDER')]);
    expect(told).not.toContain('ada@example.com');
  });

  it('answers the same Idempotency-Key with the same order and the same token', async () => {
    const desk = openShop();
    const cart = await desk.putCart([{ sku: 'TEE', quantity: 1 }]);
    const { idempotency } = idempotentContext();
    const first = await desk.checkOut(cart, {}, { idempotency });
    const second = await caughtLater(IdempotentReplay, () => desk.checkOut(cart, {}, { idempotency }));
    expect(second.answer).toEqual({ status: 201, body: first });
    // Whatever has changed since: that chain is sold on no more.
    const chains = new ChainRegistry([]);
    const third = await caughtLater(IdempotentReplay, () => desk.checkOut(cart, {}, { idempotency }, { chains }));
    expect(third.answer).toEqual({ status: 201, body: first });
    expect(desk.orders()).toHaveLength(1);
    const other = await refusal(() =>
      desk.checkOut(cart, {}, { idempotency: { ...idempotency, fingerprint: 'other' } }),
    );
    expect(other.code).toBe('INVALID_TRANSITION');
    await expectShopLaws(desk);
  });

  it('of one cart, 20 times at once, makes one order and 19 clear answers', async () => {
    const desk = openShop();
    const cart = await desk.putCart([{ sku: 'TEE', quantity: 1 }]);
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => desk.checkOut(cart)));
    const made = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(made).toHaveLength(1);
    expect(refused).toHaveLength(19);
    for (const error of refused) {
      expect(error).toMatchObject({ code: 'INVALID_TRANSITION', details: { order_id: made[0]?.id } });
    }
    await expectShopLaws(desk);
  });

  it('is refused without the token of the cart, as if there were no such cart', async () => {
    const desk = openShop();
    const cart = await desk.putCart([{ sku: 'TEE', quantity: 1 }]);
    for (const capability of [undefined, new Capability('y'.repeat(43))]) {
      expect((await refusal(() => desk.checkOut(cart, {}, { capability }))).code).toBe('CART_NOT_FOUND');
    }
    expect(desk.orders()).toEqual([]);
  });

  it('seed S6: compares the checksum, with a key, and tells of a cart that was changed by others', async () => {
    const desk = openShop();
    const cart = await desk.putCart([{ sku: 'TEE', quantity: 1 }]);
    const row = desk.rows('shop').find(({ id }) => id === cart.id);
    desk.dynamo.put('shop', {
      ...row,
      lines: [{ ...cart.cart.lines[0], unit_price: { amount: '1', currency: 'USD' } }],
    });
    const error = await refusal(() => desk.checkOut({ ...cart, total: { amount: '1', currency: 'USD' } }));
    expect(error.code).toBe('CART_TAMPERED');
    expect(desk.rows('logs')).toMatchObject([{ category: 'security', severity: 'CRITICAL' }]);
    expect(desk.orders()).toEqual([]);
  });

  it('is refused for a cart that is over, empty, or an order already', async () => {
    const desk = openShop();
    const over = await desk.putCart([{ sku: 'TEE', quantity: 1 }], { expires_at: '2026-11-21T18:29:59.999Z' });
    expect((await refusal(() => desk.checkOut(over))).code).toBe('CART_EXPIRED');
    const empty = await desk.putCart([]);
    expect((await refusal(() => desk.checkOut(empty))).code).toBe('INVALID_TRANSITION');
    const cart = await desk.putCart([{ sku: 'TEE', quantity: 1 }]);
    const { id } = await desk.checkOut(cart);
    expect(await refusal(() => desk.checkOut(cart))).toMatchObject({
      code: 'INVALID_TRANSITION',
      details: { order_id: id },
    });
  });
});

describe('re-pricing', () => {
  it('never charges a changed price: tells both', async () => {
    const desk = openShop();
    const cart = await desk.putCart([{ sku: 'TEE', quantity: 2 }]);
    await desk.reprice('TEE', '3000');
    expect(await refusal(() => desk.checkOut(cart))).toMatchObject({
      code: 'PRICE_CHANGED',
      details: {
        lines: [{ sku: 'TEE', was: { amount: '2500', currency: 'USD' }, is: { amount: '3000', currency: 'USD' } }],
        expected_total: { amount: '5000', currency: 'USD' },
        total: { amount: '6000', currency: 'USD' },
      },
    });
    // Not even a lower one, or one that the customer happens to expect.
    await expect(desk.checkOut({ ...cart, total: { amount: '6000', currency: 'USD' } })).rejects.toThrow('was 2500');
    expect(desk.orders()).toEqual([]);
    await expectShopLaws(desk);
  });

  it('refuses another total, and another currency, than the customer agreed to', async () => {
    const desk = openShop();
    const cart = await desk.putCart([{ sku: 'TEE', quantity: 2 }]);
    for (const total of [
      { amount: '4999', currency: 'USD' },
      { amount: '5000', currency: 'EUR' },
    ]) {
      expect((await refusal(() => desk.checkOut({ ...cart, total }))).code).toBe('PRICE_CHANGED');
    }
  });

  it('rounds what is due up, once', async () => {
    const desk = openShop();
    const cart = await desk.putCart([{ sku: 'TEE', quantity: 1 }]);
    const price = { units: 3n, decimals: 0, updatedAtSeconds: null, blockNumber: null, readAtSeconds: null };
    const order = await desk.checkOut(
      cart,
      {},
      {},
      {
        prices: { price: async (pair) => ({ ...pair, ...price, source: 'fixed' }) },
      },
    );
    expect(order.payment.amount_due).toBe('8333333333333333334');
  });
});

describe('the payment', () => {
  it('is due by the shortest time that a product asks for, else by the stage', async () => {
    const desk = openShop();
    desk.putProduct('QUICK', [5], { invoice_minutes: 10 });
    desk.putProduct('SLOW', [5], { invoice_minutes: 60 });
    const plain = await desk.checkOut(await desk.putCart([{ sku: 'TEE', quantity: 1 }]));
    const mixed = await desk.checkOut(
      await desk.putCart([
        { sku: 'SLOW', quantity: 1 },
        { sku: 'QUICK', quantity: 1 },
      ]),
    );
    const minutes = (expiresAt: string) => (Date.parse(expiresAt) - desk.clock.now()) / 60_000;
    expect([minutes(plain.payment.expires_at), minutes(mixed.payment.expires_at)]).toEqual([30, 10]);
  });

  it('has an address that no other order ever has', async () => {
    const desk = openShop();
    const orders = [];
    for (let n = 0; n < 8; n += 1) orders.push(await desk.checkOut(await desk.putCart([{ sku: 'TEE', quantity: 1 }])));
    expect(new Set(orders.map(({ payment }) => payment.address)).size).toBe(8);
    const none = await refusal(async () => desk.checkOut(await desk.putCart([{ sku: 'TEE', quantity: 1 }])));
    expect(none).toMatchObject({ code: 'DEPOSIT_POOL_EMPTY', retryAfterSeconds: 5 });
    expect(desk.kicks()).toBeGreaterThan(0);
    await expectShopLaws(desk);
  });

  it('in an asset that the chain does not have is refused, naming those that it has', async () => {
    const desk = openShop();
    const cart = await desk.putCart([{ sku: 'TEE', quantity: 1 }]);
    expect(await refusal(() => desk.checkOut(cart, { asset: 'DOGE' }))).toMatchObject({
      code: 'INVALID_PARAMETER',
      details: { known_assets: ['ETH'] },
    });
    expect(await refusal(() => desk.checkOut(cart, { asset: 'HAVEN' }))).toMatchObject({ code: 'INVALID_PARAMETER' });
    expect(await refusal(() => desk.checkOut(cart, { chain_id: 5 }))).toMatchObject({ code: 'INVALID_PARAMETER' });
  });

  it('in HAVEN is to the contract that the token’s settings name', async () => {
    const desk = openShop();
    const cart = await desk.putCart([{ sku: 'TEE', quantity: 1 }]);
    desk.dynamo.put('ledger', {
      pk: 'TOKEN#HAVEN',
      sk: 'SETTINGS',
      chain_id: 31_337,
      address: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
      minter_wallet_id: 'wal_1',
      decimals: 18,
      updated_at: '2026-11-21T18:30:00.000Z',
      version: 1,
      audit_seq: 1,
      audit_hash: 'hash',
    });
    const { payment } = await desk.checkOut(cart, { asset: 'HAVEN' });
    expect(payment).toMatchObject({ asset: 'HAVEN', token_address: '0x5FbDB2315678afecb367f032d93F642f64180aa3' });
    expect(payment.uri).toBe(
      `ethereum:${payment.token_address}@31337/transfer?address=${payment.address}&uint256=${payment.amount_due}`,
    );
  });
});
