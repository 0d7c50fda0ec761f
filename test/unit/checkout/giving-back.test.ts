import { describe, expect, it } from 'vitest';
import { CART_IDLE_MS, ENDED_CART_KEPT_MS } from '#shared/checkout/cart-expiry.ts';
import type { CartView } from '#shared/checkout/cart-view.ts';
import {
  brokenStockLaws,
  type CartDesk,
  createCartDesk,
  type DeskCart,
  RESERVATION_MS,
} from '#test/support/fakes/cart-desk.ts';
import { behindRival, heldByRival } from '#test/support/fakes/held-rival.ts';
import { createShopDesk } from '#test/support/fakes/shop-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';

const PIECES = { 'TEE-M': 50, MUG: 50 };

/** Carts in front of which a rival writes the very same first, and is seen to have done so in part. */
async function open() {
  let isThere = false;
  let rivals = 0;
  const carts = createCartDesk({
    around: (request, answer) => {
      const answered = answer();
      if (!isThere || request.operation !== 'TransactWriteItems') return answered;
      isThere = false;
      rivals += 1;
      return heldByRival(request);
    },
  });
  carts.stock();
  carts.stock({ sku: 'MUG' });
  const cart = await carts.create();
  await carts.set(cart, 'TEE-M', { quantity: 5, reserve: true });
  return {
    carts,
    cart,
    rivals: () => rivals,
    comes: () => {
      isThere = true;
    },
  };
}

const reservedOf = (carts: CartDesk) => carts.shards().reduce((sum, { reserved }) => sum + reserved, 0);

/** DynamoDB lets go of the items of a transaction one by one: the pieces of a rival are seen, and the cart is still held. */
describe('pieces of a cart that a rival gives back at this moment', () => {
  it.each([
    ['is over', RESERVATION_MS, 1],
    ['is deleted', CART_IDLE_MS + ENDED_CART_KEPT_MS, 0],
  ])('are no failure of the sweeper where it %s', async (_what, afterMs, left) => {
    const { carts, comes, rivals } = await open();
    carts.clock.advance(afterMs);
    comes();
    await carts.sweep();
    expect(rivals()).toBe(1);
    expect(carts.log.of('CART_NOT_SWEPT')).toEqual([]);
    expect(carts.metrics.counts()).not.toHaveProperty('CartNotSwept');
    expect([reservedOf(carts), carts.carts().length]).toEqual([0, left]);
    expect(brokenStockLaws(carts, PIECES)).toEqual([]);
  });

  it.each<[string, number, (carts: CartDesk, cart: DeskCart) => Promise<CartView>, number]>([
    ['whose time is over', RESERVATION_MS, (carts, cart) => carts.set(cart, 'MUG', 1), 2],
    ['that wants fewer', 0, (carts, cart) => carts.set(cart, 'TEE-M', { quantity: 2, reserve: true }), 1],
    ['that is taken out', 0, (carts, cart) => carts.remove(cart, 'TEE-M'), 0],
  ])('are no failure of a change of a line %s', async (_what, afterMs, change, lines) => {
    const { carts, cart, comes, rivals } = await open();
    carts.clock.advance(afterMs);
    comes();
    expect((await change(carts, cart)).lines).toHaveLength(lines);
    expect(rivals()).toBe(1);
    expect(brokenStockLaws(carts, PIECES)).toEqual([]);
  });

  it('are no failure of a checkout', async () => {
    const desk = createShopDesk();
    desk.fillPool();
    desk.putProduct('TEE-M', [5]);
    const cart = await desk.putCart([
      { sku: 'TEE-M', quantity: 2, reservedUntilMs: desk.clock.now() + RESERVATION_MS },
    ]);
    desk.clock.advance(RESERVATION_MS);
    const { client, rivals } = behindRival(desk.dynamo);
    const placed = await desk.checkOut(cart, { by: client });
    expect(rivals()).toBe(1);
    expect(desk.orders()).toMatchObject([{ id: placed.id, status: 'awaiting_payment' }]);
    await expectShopLaws(desk);
  });
});
