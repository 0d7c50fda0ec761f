import { describe, expect, it } from 'vitest';
import { CART_IDLE_MS, CART_LIFETIME_MS } from '#shared/checkout/cart-expiry.ts';
import { MAX_RESERVED_LINES, MAX_RESERVED_PIECES } from '#shared/checkout/cart-reservations.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import {
  brokenStockLaws,
  type CartDesk,
  codeOf,
  createCartDesk,
  RESERVATION_MS,
} from '#test/support/fakes/cart-desk.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';

function desk(pieces = 50, shards = 1): CartDesk {
  const made = createCartDesk();
  made.stock({ stock_shards: shards, stock_rows: shards }, pieces);
  return made;
}

const counts = (carts: CartDesk) =>
  carts
    .shards()
    .reduce(
      (sum, { available, reserved }) => ({ available: sum.available + available, reserved: sum.reserved + reserved }),
      { available: 0, reserved: 0 },
    );

describe('a reserved line', () => {
  it('Saleor #8313, #6629: takes its pieces at once, for ten minutes', async () => {
    const carts = desk();
    const cart = await carts.create();
    const view = await carts.set(cart, 'TEE-M', { quantity: 3, reserve: true });
    expect(view.lines[0]?.reserved_until).toBe(isoTime(carts.clock.now() + RESERVATION_MS));
    expect(carts.shards()[0]).toMatchObject({ available: 47, reserved: 3, changes: 1 });
    expect(carts.stored(cart.id)?.lines[0]?.reservation?.allocations).toEqual([
      { sku: 'TEE-M', shard: 0, quantity: 3 },
    ]);
  });

  it('takes from several shards where none has enough, and from shards that it did not know of', async () => {
    const carts = desk(12, 4);
    const cart = await carts.create();
    await carts.set(cart, 'TEE-M', { quantity: 11, reserve: true });
    expect(counts(carts)).toEqual({ available: 1, reserved: 11 });
    expect(brokenStockLaws(carts, { 'TEE-M': 12 })).toEqual([]);
  });

  it('is refused when there are fewer, saying how many, and nothing is taken', async () => {
    const carts = desk(5, 2);
    const cart = await carts.create();
    const error = await caughtLater(HavenError, () => carts.set(cart, 'TEE-M', { quantity: 6, reserve: true }));
    expect(error).toMatchObject({ code: 'OUT_OF_STOCK', details: { sku: 'TEE-M', wanted: 6, available: 5 } });
    expect(counts(carts)).toEqual({ available: 5, reserved: 0 });
  });

  it.each([
    ['grows by what is missing', 7, 7],
    ['gives back what is too much', 2, 2],
    ['is given back whole when it is not to be any more', { quantity: 4, reserve: false }, 0],
  ])('%s', async (_name, wish, reserved) => {
    const carts = desk(20, 4);
    const cart = await carts.create();
    await carts.set(cart, 'TEE-M', { quantity: 4, reserve: true });
    await carts.set(cart, 'TEE-M', wish);
    expect(counts(carts)).toEqual({ available: 20 - reserved, reserved });
    expect(brokenStockLaws(carts, { 'TEE-M': 20 })).toEqual([]);
  });

  it('is given back with its line', async () => {
    const carts = desk();
    const cart = await carts.create();
    await carts.set(cart, 'TEE-M', { quantity: 4, reserve: true });
    await carts.remove(cart, 'TEE-M');
    expect(counts(carts)).toEqual({ available: 50, reserved: 0 });
  });

  it('that cannot grow stays as it was', async () => {
    const carts = desk(5);
    const cart = await carts.create();
    await carts.set(cart, 'TEE-M', { quantity: 4, reserve: true });
    expect(await codeOf(carts.set(cart, 'TEE-M', 6))).toBe('OUT_OF_STOCK');
    expect((await carts.show(cart)).lines).toMatchObject([{ quantity: 4, reserved_until: expect.any(String) }]);
    expect(counts(carts)).toEqual({ available: 1, reserved: 4 });
  });

  it('never lasts longer than its cart', async () => {
    const carts = desk();
    const cart = await carts.create();
    const madeMs = carts.clock.now();
    for (let quantity = 1; carts.clock.now() < madeMs + CART_LIFETIME_MS - 60_000; quantity += 1) {
      const step = Math.min(CART_IDLE_MS / 2, madeMs + CART_LIFETIME_MS - 60_000 - carts.clock.now());
      carts.clock.advance(step);
      await carts.set(cart, 'TEE-M', quantity);
    }
    const view = await carts.set(cart, 'TEE-M', { quantity: 40, reserve: true });
    expect(view.lines[0]?.reserved_until).toBe(view.expires_at);
  });
});

describe('be-BOP #533: a reservation is never silently renewed', () => {
  it.each([
    ['reading the cart', (carts: CartDesk, cart: Awaited<ReturnType<CartDesk['create']>>) => carts.show(cart)],
    ['setting the same quantity again', (carts, cart) => carts.set(cart, 'TEE-M', 2)],
    ['asking for it again', (carts, cart) => carts.set(cart, 'TEE-M', { quantity: 2, reserve: true })],
    ['more of it', (carts, cart) => carts.set(cart, 'TEE-M', { quantity: 5, reserve: true })],
    ['less of it', (carts, cart) => carts.set(cart, 'TEE-M', { quantity: 1, reserve: true })],
    ['another line', (carts, cart) => carts.set(cart, 'MUG', { quantity: 1, reserve: true })],
    ['taking another line out', (carts, cart) => carts.remove(cart, 'MUG')],
  ] satisfies [string, (carts: CartDesk, cart: Awaited<ReturnType<CartDesk['create']>>) => Promise<unknown>][])(
    'by %s',
    async (_name, touch) => {
      const carts = desk();
      carts.stock({ sku: 'MUG' });
      const cart = await carts.create();
      await carts.set(cart, 'MUG', 2);
      const first = await carts.set(cart, 'TEE-M', { quantity: 2, reserve: true });
      const until = first.lines[1]?.reserved_until;
      carts.clock.advance(RESERVATION_MS - 1);
      await touch(carts, cart);
      const line = (await carts.show(cart)).lines.find(({ sku }) => sku === 'TEE-M');
      expect(line?.reserved_until).toBe(until);
      carts.clock.advance(1);
      expect((await carts.show(cart)).lines.map(({ reserved_until }) => reserved_until)).not.toContain(until);
    },
  );

  it('refreshing a cart whose time is over takes no piece from who holds it now', async () => {
    const carts = desk(1);
    const [late, now] = [await carts.create(), await carts.create()];
    await carts.set(late, 'TEE-M', { quantity: 1, reserve: true });
    carts.clock.advance(RESERVATION_MS);
    await carts.sweep();
    await carts.set(now, 'TEE-M', { quantity: 1, reserve: true });
    await carts.set(late, 'TEE-M', 1);
    expect(await codeOf(carts.set(late, 'TEE-M', { quantity: 1, reserve: true }))).toBe('OUT_OF_STOCK');
    expect((await carts.show(late)).lines).toMatchObject([{ quantity: 1, reserved_until: null }]);
    expect((await carts.show(now)).lines[0]?.reserved_until).not.toBeNull();
    expect(brokenStockLaws(carts, { 'TEE-M': 1 })).toEqual([]);
  });

  it('a line whose time is over stays without, and gives its pieces back with the next change of any line', async () => {
    const carts = desk();
    carts.stock({ sku: 'MUG' });
    const cart = await carts.create();
    await carts.set(cart, 'TEE-M', { quantity: 2, reserve: true });
    carts.clock.advance(RESERVATION_MS);
    await carts.set(cart, 'MUG', 1);
    expect(counts(carts)).toEqual({ available: 50, reserved: 0 });
    expect(carts.stored(cart.id)?.lines).toMatchObject([{ sku: 'TEE-M', quantity: 2, reservation: null }, {}]);
  });

  it('it can be asked for anew, when there are pieces', async () => {
    const carts = desk(2);
    const cart = await carts.create();
    await carts.set(cart, 'TEE-M', { quantity: 2, reserve: true });
    carts.clock.advance(RESERVATION_MS);
    const view = await carts.set(cart, 'TEE-M', { quantity: 2, reserve: true });
    expect(view.lines[0]?.reserved_until).toBe(isoTime(carts.clock.now() + RESERVATION_MS));
    expect(counts(carts)).toEqual({ available: 0, reserved: 2 });
  });
});

describe('nobody empties a shop with a cart', () => {
  it(`no more than ${MAX_RESERVED_LINES} lines of a cart are reserved`, async () => {
    const carts = createCartDesk();
    const cart = await carts.create();
    for (let line = 0; line <= MAX_RESERVED_LINES; line += 1) carts.stock({ sku: `S${line}` });
    for (let line = 0; line < MAX_RESERVED_LINES; line += 1) await carts.set(cart, `S${line}`, { reserve: true });
    const wish = { quantity: 1, reserve: true };
    const error = await caughtLater(HavenError, () => carts.set(cart, `S${MAX_RESERVED_LINES}`, wish));
    expect(error).toMatchObject({ code: 'INVALID_PARAMETER', details: { fields: [{ field: 'body.reserve' }] } });
    await carts.set(cart, `S${MAX_RESERVED_LINES}`, 1);
  });

  it(`nor more than ${MAX_RESERVED_PIECES} pieces, however they are spread and however the line grew`, async () => {
    const carts = desk(1_000);
    carts.stock({ sku: 'MUG' }, 1_000);
    const cart = await carts.create();
    await carts.set(cart, 'MUG', { quantity: 10, reserve: true });
    await carts.set(cart, 'TEE-M', { quantity: MAX_RESERVED_PIECES - 10, reserve: true });
    expect(await codeOf(carts.set(cart, 'TEE-M', MAX_RESERVED_PIECES - 9))).toBe('INVALID_PARAMETER');
    expect(await codeOf(carts.set(cart, 'MUG', { quantity: 11, reserve: true }))).toBe('INVALID_PARAMETER');
    expect(brokenStockLaws(carts, { 'TEE-M': 1_000, MUG: 1_000 })).toEqual([]);
  });
});

describe('stock that changes while a line is reserved', () => {
  /** Changes stock right before the first transaction that takes some. */
  function meanwhile(change: (carts: CartDesk) => void): CartDesk {
    let isDone = false;
    const carts: CartDesk = createCartDesk({
      around: (request, answer) => {
        if (!isDone && request.operation === 'TransactWriteItems' && JSON.stringify(request.body).includes('STOCK#')) {
          isDone = true;
          change(carts);
        }
        return answer();
      },
    });
    return carts;
  }

  it('is asked anew: the price of now is in the cart, and pieces are taken under its offer', async () => {
    const carts = meanwhile((desk) => desk.stock({ offer: 2, price: { amount: '3000', currency: 'USD' } }));
    carts.stock();
    const cart = await carts.create();
    const view = await carts.set(cart, 'TEE-M', { quantity: 2, reserve: true });
    expect(view.total.amount).toBe('6000');
    expect(carts.stored(cart.id)?.lines[0]?.offer).toBe(2);
    expect(counts(carts)).toEqual({ available: 48, reserved: 2 });
  });

  it.each([
    ['is taken off sale', (desk: CartDesk) => desk.stock({ active: false, offer: 2 }), 'PRODUCT_NOT_FOUND'],
    ['runs out', (desk: CartDesk) => desk.stock({}, 1), 'OUT_OF_STOCK'],
  ] as const)('refuses what %s', async (_name, change, code) => {
    const carts = meanwhile(change);
    carts.stock();
    const cart = await carts.create();
    expect(await codeOf(carts.set(cart, 'TEE-M', { quantity: 2, reserve: true }))).toBe(code);
    expect(counts(carts).reserved).toBe(0);
  });
});
