import { describe, expect, it } from 'vitest';
import { isSealed } from '#shared/checkout/cart-seal.ts';
import { putCheckedOut } from '#shared/checkout/take-over-cart.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { checkOut, TEST_ORDER } from '#test/support/fakes/cart-checkout.ts';
import {
  type CartDesk,
  codeOf,
  createCartDesk,
  type DeskCart,
  RESERVATION_MS,
  SHOP_KEY,
} from '#test/support/fakes/cart-desk.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';

/** A cart with a reserved line of two and one of three that is not. */
async function filled() {
  const carts = createCartDesk();
  carts.stock();
  carts.stock({ sku: 'MUG' });
  const cart = await carts.create();
  await carts.set(cart, 'TEE-M', { quantity: 2, reserve: true });
  await carts.set(cart, 'MUG', 3);
  return { carts, cart };
}

describe('a checkout', () => {
  it('takes over what is reserved without touching its stock, and reserves the rest', async () => {
    const { carts, cart } = await filled();
    const before = carts.shards();
    const { takeover, held, size } = await checkOut(carts, cart);
    expect(takeover).toMatchObject({ held: [{ sku: 'TEE-M' }], wanted: [{ sku: 'MUG', quantity: 3 }], lapsed: [] });
    expect([...held]).toEqual([['TEE-M', [{ sku: 'TEE-M', shard: 0, quantity: 2 }]]]);
    expect(carts.shards()).toEqual(before);
    expect(carts.shards('MUG')).toMatchObject([{ available: 47, reserved: 3 }]);
    // One item a line and the cart.
    expect(size).toBe(3);
  });

  it('leaves a cart that holds nothing any more, is sealed, and names its order', async () => {
    const { carts, cart } = await filled();
    await checkOut(carts, cart);
    const stored = carts.stored(cart.id);
    expect(stored).toMatchObject({ status: 'checked_out', order_id: TEST_ORDER, lines: [{ reservation: null }, {}] });
    expect(stored && isSealed(SHOP_KEY, stored)).toBe(true);
    expect(await carts.show(cart)).toMatchObject({ status: 'checked_out', order_id: TEST_ORDER });
    carts.clock.advance(RESERVATION_MS);
    await carts.sweep();
    expect(carts.shards()).toMatchObject([{ available: 48, reserved: 2 }]);
  });

  it('of a cart that is an order already is refused, as is a change of it, and both name the order', async () => {
    const { carts, cart } = await filled();
    await checkOut(carts, cart);
    for (const work of [
      () => checkOut(carts, cart),
      () => carts.set(cart, 'MUG', 1),
      () => carts.remove(cart, 'TEE-M'),
    ]) {
      const error = await caughtLater(HavenError, work);
      expect(error).toMatchObject({ code: 'INVALID_TRANSITION', details: { order_id: TEST_ORDER } });
    }
  });

  it('of one cart twenty times at once succeeds once', async () => {
    const { carts, cart } = await filled();
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => checkOut(carts, cart)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(carts.shards('MUG')).toMatchObject([{ available: 47, reserved: 3 }]);
  });

  it('gives back first what is over, and reserves it like the rest', async () => {
    const { carts, cart } = await filled();
    carts.clock.advance(RESERVATION_MS);
    const { takeover } = await checkOut(carts, cart);
    expect(takeover).toMatchObject({ held: [], wanted: [{ sku: 'TEE-M' }, { sku: 'MUG' }] });
    expect(carts.shards()).toMatchObject([{ available: 48, reserved: 2 }]);
  });

  it.each([
    ['at another price', { offer: 2 }, 'other_offer'],
    ['off sale', { active: false }, 'off_sale'],
  ])('takes over nothing that is %s meanwhile', async (_name, change, refusal) => {
    const { carts, cart } = await filled();
    carts.stock(change, 48);
    const error = await caughtLater(Raced, () => checkOut(carts, cart));
    expect(error.message).toBe(`TEE-M: ${refusal}`);
    expect(carts.stored(cart.id)?.status).toBe('open');
  });

  it('of a cart that the sweeper, or its holder, changed meanwhile starts again', async () => {
    for (const meanwhile of [
      async (carts: CartDesk) => {
        carts.clock.advance(RESERVATION_MS);
        await carts.sweep();
      },
      async (carts: CartDesk, cart: DeskCart) => void (await carts.set(cart, 'MUG', 4)),
    ]) {
      const { carts, cart } = await filled();
      const opened = carts.stored(cart.id);
      if (opened === undefined) throw new Error('There is no cart');
      await meanwhile(carts, cart);
      const write = new WriteTransaction();
      putCheckedOut(write, 'shop', SHOP_KEY, opened, TEST_ORDER, carts.clock.now());
      await caughtLater(Raced, () => write.commit(carts.client, carts.deadline()));
    }
  });

  it('needs the token, and a cart that is not over', async () => {
    const { carts, cart } = await filled();
    const other = await carts.create();
    expect(await codeOf(checkOut(carts, { id: cart.id, token: other.token }))).toBe('CART_NOT_FOUND');
    carts.clock.advance(8 * 24 * 60 * 60 * 1000);
    expect(await codeOf(checkOut(carts, cart))).toBe('CART_EXPIRED');
  });
});
