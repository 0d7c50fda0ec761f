import { describe, expect, it } from 'vitest';
import { createHandler } from '#functions/cart-sweeper/handler.ts';
import { createProductReader } from '#shared/catalog/product-reader.ts';
import { CART_IDLE_MS, ENDED_CART_KEPT_MS } from '#shared/checkout/cart-expiry.ts';
import { cartKey } from '#shared/checkout/cart-keys.ts';
import { setCartLine } from '#shared/checkout/change-cart.ts';
import {
  brokenStockLaws,
  type CartDesk,
  codeOf,
  createCartDesk,
  RESERVATION_MS,
} from '#test/support/fakes/cart-desk.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const PIECES = { 'TEE-M': 50, MUG: 50 };

function desk(): CartDesk {
  const carts = createCartDesk();
  carts.stock({ stock_shards: 3, stock_rows: 3 });
  carts.stock({ sku: 'MUG' });
  return carts;
}

const reservedOf = (carts: CartDesk, sku = 'TEE-M') =>
  carts.shards(sku).reduce((sum, { reserved }) => sum + reserved, 0);

describe('the cart sweeper', () => {
  it('gives back what is over, and leaves lines, prices and the end of the cart as they are', async () => {
    const carts = desk();
    const cart = await carts.create();
    const before = await carts.set(cart, 'TEE-M', { quantity: 40, reserve: true });
    carts.clock.advance(RESERVATION_MS);
    await carts.sweep();
    expect(await carts.show(cart)).toMatchObject({
      lines: [{ sku: 'TEE-M', quantity: 40, reserved_until: null }],
      total: before.total,
      expires_at: before.expires_at,
      version: before.version + 1,
    });
    expect(reservedOf(carts)).toBe(0);
    expect(carts.metrics.counts()).toMatchObject({ CartReservationsLapsed: 1 });
    expect(carts.log.of('CARTS_SWEPT')).toMatchObject([{ lapsed: 1, deleted: 0, failed: 0 }]);
  });

  it('gives back one line of a cart at its own time, and the other at its', async () => {
    const carts = desk();
    const cart = await carts.create();
    await carts.set(cart, 'TEE-M', { quantity: 2, reserve: true });
    carts.clock.advance(RESERVATION_MS / 2);
    await carts.set(cart, 'MUG', { quantity: 3, reserve: true });
    carts.clock.advance(RESERVATION_MS / 2);
    await carts.sweep();
    expect([reservedOf(carts), reservedOf(carts, 'MUG')]).toEqual([0, 3]);
    carts.clock.advance(RESERVATION_MS / 2 - 1);
    await carts.sweep();
    expect(reservedOf(carts, 'MUG')).toBe(3);
    carts.clock.advance(1);
    await carts.sweep();
    expect(reservedOf(carts, 'MUG')).toBe(0);
    expect(brokenStockLaws(carts, PIECES)).toEqual([]);
  });

  it('has nothing to do for carts that hold nothing and are not over, and says nothing', async () => {
    const carts = desk();
    await carts.set(await carts.create(), 'TEE-M', 1);
    carts.clock.advance(CART_IDLE_MS);
    const requests = carts.aws.requests.length;
    await carts.sweep();
    expect(carts.aws.requests.slice(requests).every(({ operation }) => operation === 'Query')).toBe(true);
    expect(carts.log.of('CARTS_SWEPT')).toEqual([]);
  });

  it('deletes a cart a day after its end, with what it still held', async () => {
    const carts = desk();
    const cart = await carts.create();
    await carts.set(cart, 'TEE-M', { quantity: 2, reserve: true });
    carts.clock.advance(CART_IDLE_MS + ENDED_CART_KEPT_MS - 1);
    expect(await codeOf(carts.show(cart))).toBe('CART_EXPIRED');
    carts.clock.advance(1);
    await carts.sweep();
    expect(carts.stored(cart.id)).toBeUndefined();
    expect(reservedOf(carts)).toBe(0);
    expect(await codeOf(carts.show(cart))).toBe('CART_NOT_FOUND');
    expect(brokenStockLaws(carts, PIECES)).toEqual([]);
  });

  it('sweeps a hundred carts of one SKU in one run', async () => {
    const carts = createCartDesk();
    carts.stock({ stock_shards: 2, stock_rows: 2 }, 200);
    for (let made = 0; made < 100; made += 1) await carts.set(await carts.create(), 'TEE-M', { reserve: true });
    expect(reservedOf(carts)).toBe(100);
    carts.clock.advance(RESERVATION_MS);
    await carts.sweep();
    expect(reservedOf(carts)).toBe(0);
    expect(carts.metrics.counts()).toMatchObject({ CartReservationsLapsed: 100 });
  });

  it('goes on with the others when one fails, says so, and tries it again with the next run', async () => {
    const carts = desk();
    const [broken, sound] = [await carts.create(), await carts.create()];
    await carts.set(broken, 'MUG', { quantity: 5, reserve: true });
    await carts.set(sound, 'TEE-M', { quantity: 5, reserve: true });
    carts.clock.advance(RESERVATION_MS);
    carts.stock({ sku: 'MUG' }, 45);
    await carts.sweep();
    expect(reservedOf(carts)).toBe(0);
    expect(carts.log.of('CART_NOT_SWEPT')).toMatchObject([{ cart_id: broken.id }]);
    expect(carts.metrics.counts()).toMatchObject({ CartNotSwept: 1, CartReservationsLapsed: 1 });
    await carts.sweep();
    expect(carts.metrics.counts()).toMatchObject({ CartNotSwept: 2 });
  });

  it('begins no cart that it has no time for, and says that there are more', async () => {
    const carts = desk();
    await carts.set(await carts.create(), 'TEE-M', { quantity: 2, reserve: true });
    carts.clock.advance(RESERVATION_MS);
    const sweep = createHandler({ ...carts.deps, log: carts.log.log });
    await sweep(undefined, { getRemainingTimeInMillis: () => 2_500 });
    expect(reservedOf(carts)).toBe(2);
    expect(carts.metrics.counts()).toMatchObject({ CartSweepCutOff: 1 });
  });

  it('leaves a cart to who changes it meanwhile, and two runs at once give back once', async () => {
    const carts = desk();
    const cart = await carts.create();
    await carts.set(cart, 'TEE-M', { quantity: 2, reserve: true });
    carts.clock.advance(RESERVATION_MS);
    await Promise.all([carts.sweep(), carts.sweep(), carts.set(cart, 'MUG', { quantity: 1, reserve: true })]);
    expect([reservedOf(carts), reservedOf(carts, 'MUG')]).toEqual([0, 1]);
    expect(brokenStockLaws(carts, PIECES)).toEqual([]);
    expect(carts.log.of('CART_NOT_SWEPT')).toEqual([]);
  });
});

describe('cut off at any request in turn', () => {
  /** Runs by a network that fails at one request, and says how many there were. */
  async function cutOffAt(
    carts: CartDesk,
    at: number,
    lost: 'request' | 'answer',
    run: (deps: CartDesk['deps']) => Promise<unknown>,
  ): Promise<number> {
    let requests = 0;
    const network = createScriptedAws((request) => {
      requests += 1;
      if (requests !== at) return carts.dynamo.answer(request);
      if (lost === 'answer') carts.dynamo.answer(request);
      return new Error('cut off');
    });
    const client = scriptedDocumentClient(network);
    await Promise.allSettled([run({ ...carts.deps, client, products: createProductReader(client, 'shop') })]);
    return requests;
  }

  it.each(['request', 'answer'] as const)(
    'its %s lost, the sweeper has given back wholly or not at all, and the next run sees to it',
    async (lost) => {
      async function due(): Promise<CartDesk> {
        const carts = desk();
        const cart = await carts.create();
        await carts.set(cart, 'TEE-M', { quantity: 40, reserve: true });
        await carts.set(cart, 'MUG', { quantity: 5, reserve: true });
        carts.clock.advance(RESERVATION_MS);
        return carts;
      }
      const sweep = (carts: CartDesk) => (deps: CartDesk['deps']) =>
        createHandler({ ...deps, log: carts.log.log })(undefined, { getRemainingTimeInMillis: () => 50_000 });
      const whole = await due();
      const points = await cutOffAt(whole, 0, lost, sweep(whole));
      expect(points).toBeGreaterThanOrEqual(7);
      for (let at = 1; at <= points; at += 1) {
        const carts = await due();
        await cutOffAt(carts, at, lost, sweep(carts));
        expect(brokenStockLaws(carts, PIECES)).toEqual([]);
        expect([0, 45]).toContain(reservedOf(carts) + reservedOf(carts, 'MUG'));
        await carts.sweep();
        expect(reservedOf(carts) + reservedOf(carts, 'MUG')).toBe(0);
        expect(brokenStockLaws(carts, PIECES)).toEqual([]);
      }
    },
  );

  it.each(['request', 'answer'] as const)(
    'its %s lost, a change with a reservation is there wholly or not at all, and can be made again',
    async (lost) => {
      async function filled() {
        const carts = desk();
        const cart = await carts.create();
        await carts.set(cart, 'MUG', { quantity: 5, reserve: true });
        carts.clock.advance(RESERVATION_MS);
        return { carts, cart };
      }
      type Filled = Awaited<ReturnType<typeof filled>>;
      const change =
        ({ carts, cart }: Filled) =>
        (deps: CartDesk['deps']) =>
          setCartLine(deps, cart.id, 'TEE-M', { quantity: 40, reserve: true }, carts.context(cart.token));
      const whole = await filled();
      const points = await cutOffAt(whole.carts, 0, lost, change(whole));
      // The cart, what is over of it, the product with a shard, the other shards, the change.
      expect(points).toBe(5);
      for (let at = 1; at <= points; at += 1) {
        const one = await filled();
        await cutOffAt(one.carts, at, lost, change(one));
        expect(brokenStockLaws(one.carts, PIECES)).toEqual([]);
        const isThere = at === points && lost === 'answer';
        expect(reservedOf(one.carts)).toBe(isThere ? 40 : 0);
        const view = await one.carts.set(one.cart, 'TEE-M', { quantity: 40, reserve: true });
        expect(view.lines).toHaveLength(2);
        expect([reservedOf(one.carts), reservedOf(one.carts, 'MUG')]).toEqual([40, 0]);
        expect(brokenStockLaws(one.carts, PIECES)).toEqual([]);
      }
    },
  );
});

describe('what the sweeper looks at', () => {
  it('is found by index: a cart is in one as long as it is stored, and in the other as long as it holds something', async () => {
    const carts = desk();
    const cart = await carts.create();
    const rowOf = () => carts.rows('shop').find(({ pk }) => pk === cartKey(cart.id).pk);
    expect(rowOf()).toMatchObject({ gsi1pk: expect.stringMatching(/^OPEN_CARTS#[0-3]$/) });
    expect(rowOf()).not.toHaveProperty('gsi2pk');
    const { lines } = await carts.set(cart, 'TEE-M', { reserve: true });
    expect(rowOf()).toMatchObject({ gsi2pk: 'HOLDING_CARTS', gsi2sk: `${lines[0]?.reserved_until}#${cart.id}` });
    await carts.remove(cart, 'TEE-M');
    expect(rowOf()).not.toHaveProperty('gsi2pk');
  });
});
