import { describe, expect, it } from 'vitest';
import { CART_IDLE_MS, CART_LIFETIME_MS } from '#shared/checkout/cart-expiry.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { type CartDesk, codeOf, createCartDesk, RESERVATION_MS } from '#test/support/fakes/cart-desk.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';

const HOUR_MS = 60 * 60 * 1000;

function desk(): CartDesk {
  const made = createCartDesk();
  made.stock();
  return made;
}

describe('a new cart', () => {
  it('is empty, ends in a day, and comes with its token, which is stored nowhere', async () => {
    const carts = desk();
    const { id, token, view } = await carts.create();
    expect(view).toMatchObject({
      id,
      status: 'open',
      lines: [],
      total: { amount: '0', currency: 'USD' },
      order_id: null,
      version: 1,
      expires_at: '2026-11-22T18:30:00.000Z',
    });
    const everything = JSON.stringify([...carts.rows('shop'), ...carts.rows('ephemeral')]);
    expect(everything).not.toContain(token);
    expect(carts.log.everything()).not.toContain(token);
  });

  it('is shown to who has its token, and to nobody else', async () => {
    const carts = desk();
    const [one, other] = [await carts.create(), await carts.create()];
    expect(await carts.show(one)).toMatchObject({ id: one.id, version: 1 });
    expect(await codeOf(carts.show({ id: one.id, token: other.token }))).toBe('CART_NOT_FOUND');
  });

  it('that is asked for twice with one Idempotency-Key is one cart, and its second answer has no token', async () => {
    const { api, carts } = desk();
    const send = () =>
      api.send({
        method: 'POST',
        path: '/carts',
        body: {},
        scopes: 'carts:write',
        headers: { 'Idempotency-Key': 'k' },
      });
    const [first, second] = [await send(), await send()];
    expect([first.statusCode, second.statusCode]).toEqual([201, 201]);
    expect(JSON.parse(second.body)).toEqual({ ...JSON.parse(first.body), token: null });
    expect(second.headers['Idempotent-Replayed']).toBe('true');
    expect(carts()).toHaveLength(1);
  });
});

describe('a line', () => {
  it('is set to a quantity and to what its product costs, and a line of the same SKU takes its place', async () => {
    const carts = desk();
    const cart = await carts.create();
    await carts.set(cart, 'TEE-M', 2);
    const view = await carts.set(cart, 'TEE-M', 3);
    expect(view).toMatchObject({
      version: 3,
      total: { amount: '7500', currency: 'USD' },
      lines: [
        {
          sku: 'TEE-M',
          name: 'T-shirt',
          quantity: 3,
          unit_price: { amount: '2500', currency: 'USD' },
          total: { amount: '7500', currency: 'USD' },
          reserved_until: null,
        },
      ],
    });
    expect(carts.shards()[0]).toMatchObject({ available: 50, reserved: 0 });
  });

  it('that is as wanted already changes nothing: not the version, not how long the cart lasts', async () => {
    const carts = desk();
    const cart = await carts.create();
    const before = await carts.set(cart, 'TEE-M', 2);
    carts.clock.advance(HOUR_MS);
    expect(await carts.set(cart, 'TEE-M', 2)).toEqual(before);
  });

  it('that is set again has the price of now', async () => {
    const carts = desk();
    const cart = await carts.create();
    await carts.set(cart, 'TEE-M', 2);
    carts.stock({ price: { amount: '2600', currency: 'USD' }, offer: 2 });
    expect((await carts.show(cart)).total.amount).toBe('5000');
    expect((await carts.set(cart, 'TEE-M', 2)).total.amount).toBe('5200');
  });

  it('is taken out, and taking it out again changes nothing', async () => {
    const carts = desk();
    const cart = await carts.create();
    await carts.set(cart, 'TEE-M', 2);
    const without = await carts.remove(cart, 'TEE-M');
    expect(without).toMatchObject({ lines: [], version: 3, total: { amount: '0', currency: 'USD' } });
    expect(await carts.remove(cart, 'TEE-M')).toEqual(without);
  });

  it('of amounts beyond what a number can hold is added up exactly', async () => {
    const carts = desk();
    for (const sku of ['A', 'B']) {
      carts.stock({ sku, price: { amount: '999999999999999', currency: 'USD' }, max_per_order: 10_000 }, 20_000);
    }
    const cart = await carts.create();
    await carts.set(cart, 'A', 9_999);
    const { total } = await carts.set(cart, 'B', 10_000);
    expect(total.amount).toBe(String(999_999_999_999_999n * 19_999n));
  });
});

describe('a line is refused', () => {
  async function refusal(prepare: (carts: CartDesk) => void, sku: string, quantity: number): Promise<HavenError> {
    const carts = desk();
    prepare(carts);
    const cart = await carts.create();
    const error = await caughtLater(HavenError, () => carts.set(cart, sku, quantity));
    expect(carts.stored(cart.id)).toMatchObject({ version: 1, lines: [] });
    return error;
  }

  it('of a product that there is none of', async () => {
    expect(await refusal(() => undefined, 'NONE', 1)).toMatchObject({
      code: 'PRODUCT_NOT_FOUND',
      details: { fields: [{ field: 'params.sku' }] },
    });
  });

  it('of one that is not on sale, in the same words', async () => {
    const inactive = await refusal((carts) => carts.stock({ sku: 'GONE', active: false }), 'GONE', 1);
    const unknown = await refusal(() => undefined, 'GONE', 1);
    expect([inactive.code, inactive.message, inactive.details]).toEqual([
      unknown.code,
      unknown.message,
      unknown.details,
    ]);
  });

  it('of more than an order may have of it', async () => {
    const error = await refusal((carts) => carts.stock({ sku: 'FEW', max_per_order: 5 }), 'FEW', 6);
    expect(error).toMatchObject({
      code: 'INVALID_PARAMETER',
      details: { fields: [{ field: 'body.quantity', message: 'must be at most 5 of FEW' }] },
    });
  });

  it('in a second currency, naming both', async () => {
    const carts = desk();
    carts.stock({ sku: 'MUG', price: { amount: '900', currency: 'EUR' } });
    const cart = await carts.create();
    await carts.set(cart, 'TEE-M', 1);
    const error = await caughtLater(HavenError, () => carts.set(cart, 'MUG', 1));
    expect(error).toMatchObject({
      code: 'INVALID_PARAMETER',
      details: { fields: [{ field: 'params.sku' }], cart_currency: 'USD', product_currency: 'EUR' },
    });
    await carts.remove(cart, 'TEE-M');
    expect((await carts.set(cart, 'MUG', 1)).total).toEqual({ amount: '900', currency: 'EUR' });
  });

  it('as the 41st, while the 40 there are can still be changed', async () => {
    const carts = desk();
    const cart = await carts.create();
    for (let line = 0; line < 41; line += 1) carts.stock({ sku: `SKU-${line}` });
    for (let line = 0; line < 40; line += 1) await carts.set(cart, `SKU-${line}`, 1);
    const error = await caughtLater(HavenError, () => carts.set(cart, 'SKU-40', 1));
    expect(error).toMatchObject({ code: 'INVALID_PARAMETER', details: { fields: [{ field: 'params.sku' }] } });
    expect((await carts.set(cart, 'SKU-39', 2)).lines).toHaveLength(40);
  });
});

describe('versions', () => {
  it('that If-Match names are changed, and no other', async () => {
    const carts = desk();
    const cart = await carts.create();
    await carts.set(cart, 'TEE-M', 1, { ifMatchVersion: 1 });
    expect(await codeOf(carts.set(cart, 'TEE-M', 2, { ifMatchVersion: 1 }))).toBe('VERSION_MISMATCH');
    expect(await codeOf(carts.remove(cart, 'TEE-M', { ifMatchVersion: 3 }))).toBe('VERSION_MISMATCH');
    expect(carts.stored(cart.id)?.lines).toMatchObject([{ quantity: 1 }]);
  });

  it('are told in the ETag, and read from If-Match, by the API', async () => {
    const carts = desk();
    const { id, token } = await carts.create();
    const put = (quantity: number, ifMatch: string) =>
      carts.api.send({
        method: 'PUT',
        path: '/carts/{id}/lines/{sku}',
        params: { id, sku: 'TEE-M' },
        body: { quantity },
        scopes: 'carts:write',
        headers: { 'X-Cart-Token': token, 'If-Match': ifMatch },
      });
    const first = await put(1, '"v1"');
    expect([first.statusCode, first.headers['ETag']]).toEqual([200, '"v2"']);
    expect((await put(2, '"v1"')).statusCode).toBe(412);
  });

  it('count what the cart itself gave back as its own doing, and not as a change of somebody else', async () => {
    const carts = desk();
    const cart = await carts.create();
    const { version } = await carts.set(cart, 'TEE-M', { quantity: 2, reserve: true });
    carts.clock.advance(RESERVATION_MS);
    const view = await carts.set(cart, 'TEE-M', 3, { ifMatchVersion: version });
    expect(view).toMatchObject({ version: version + 2, lines: [{ quantity: 3, reserved_until: null }] });
    expect(carts.shards()[0]).toMatchObject({ available: 50, reserved: 0 });
  });
});

describe('a cart ends', () => {
  it('a day after its last change, for reads and changes alike', async () => {
    const carts = desk();
    const cart = await carts.create();
    carts.clock.advance(CART_IDLE_MS - 1);
    await carts.set(cart, 'TEE-M', 1);
    carts.clock.advance(CART_IDLE_MS - 1);
    expect(await codeOf(carts.show(cart))).toBeUndefined();
    carts.clock.advance(1);
    for (const work of [carts.show(cart), carts.set(cart, 'TEE-M', 2), carts.remove(cart, 'TEE-M')]) {
      expect(await codeOf(work)).toBe('CART_EXPIRED');
    }
  });

  it('a week after it was made, whatever is changed in it', async () => {
    const carts = desk();
    const cart = await carts.create();
    const madeMs = carts.clock.now();
    let quantity = 1;
    while (carts.clock.now() < madeMs + CART_LIFETIME_MS - HOUR_MS) {
      carts.clock.advance(HOUR_MS);
      quantity = (quantity % 50) + 1;
      await carts.set(cart, 'TEE-M', quantity);
    }
    expect(Date.parse((await carts.show(cart)).expires_at)).toBe(madeMs + CART_LIFETIME_MS);
    carts.clock.advance(HOUR_MS);
    expect(await codeOf(carts.show(cart))).toBe('CART_EXPIRED');
  });

  it("and nobody without its token is told so: to them it isn't there", async () => {
    const carts = desk();
    const { id } = await carts.create();
    carts.clock.advance(CART_IDLE_MS);
    const other = await carts.create();
    expect(await codeOf(carts.show({ id, token: other.token }))).toBe('CART_NOT_FOUND');
  });
});
