import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { cartSchema } from '#shared/checkout/cart.ts';
import { CART_IDLE_MS } from '#shared/checkout/cart-expiry.ts';
import { cartKey } from '#shared/checkout/cart-keys.ts';
import { canonicalJson } from '#shared/platform/canonical-json.ts';
import { type CartDesk, codeOf, createCartDesk, type DeskCart, RESERVATION_MS } from '#test/support/fakes/cart-desk.ts';

/** A desk with a cart of two lines, one of them reserved. */
async function filled() {
  const carts = createCartDesk();
  carts.stock();
  carts.stock({ sku: 'MUG', price: { amount: '900', currency: 'USD' } });
  const cart = await carts.create();
  await carts.set(cart, 'TEE-M', { quantity: 2, reserve: true });
  await carts.set(cart, 'MUG', 1);
  return { carts, cart };
}

/** Writes to a cart's row past Haven. */
function tamper(carts: CartDesk, { id }: DeskCart, change: (row: Record<string, unknown>) => object): void {
  const row = carts.rows('shop').find(({ pk }) => pk === cartKey(id).pk);
  if (row !== undefined) carts.dynamo.put('shop', { ...row, ...change(row) });
}

const cheaper = (row: Record<string, unknown>) => ({
  lines: JSON.parse(JSON.stringify(row['lines']).replaceAll('"2500"', '"1"')),
});

describe('a cart that is not as Haven wrote it', () => {
  it.each([
    ['is not shown', (carts: CartDesk, cart: DeskCart) => carts.show(cart)],
    ['is not changed', (carts, cart) => carts.set(cart, 'MUG', 2)],
    ['loses no line', (carts, cart) => carts.remove(cart, 'MUG')],
  ] satisfies [string, (carts: CartDesk, cart: DeskCart) => Promise<unknown>][])(
    '%s: CART_TAMPERED, and nothing else happens',
    async (_name, touch) => {
      const { carts, cart } = await filled();
      tamper(carts, cart, cheaper);
      const before = carts.shards();
      const lines = carts.stored(cart.id)?.lines;
      expect(await codeOf(touch(carts, cart))).toBe('CART_TAMPERED');
      expect(carts.shards()).toEqual(before);
      expect(carts.stored(cart.id)?.lines).toEqual(lines);
    },
  );

  it('is told of by one alert of category security, and by a log line and a count each time', async () => {
    const { carts, cart } = await filled();
    tamper(carts, cart, cheaper);
    for (let time = 0; time < 3; time += 1) expect(await codeOf(carts.show(cart))).toBe('CART_TAMPERED');
    expect(carts.alerts()).toMatchObject([
      {
        id: cart.id.replace('crt_', 'alr_'),
        severity: 'CRITICAL',
        category: 'security',
        details: { cart_id: cart.id },
      },
    ]);
    expect(carts.log.of('CART_TAMPERED')).toHaveLength(3);
    expect(carts.metrics.counts()).toMatchObject({ CartTampered: 3, AlertRecorded: 1, CriticalAlert: 1 });
  });

  it("keeps its row as it is, out of the sweeper's way", async () => {
    const { carts, cart } = await filled();
    tamper(carts, cart, cheaper);
    await codeOf(carts.show(cart));
    const row = carts.rows('shop').find(({ pk }) => pk === cartKey(cart.id).pk);
    expect(row).toMatchObject({
      tampered_at: '2026-11-21T18:30:00.000Z',
      lines: [{ unit_price: { amount: '1' } }, {}],
    });
    for (const name of ['gsi1pk', 'gsi1sk', 'gsi2pk', 'gsi2sk']) expect(row).not.toHaveProperty(name);
  });

  it('is not told of to who has not its token: to them it is not there', async () => {
    const { carts, cart } = await filled();
    const other = await carts.create();
    tamper(carts, cart, cheaper);
    expect(await codeOf(carts.show({ id: cart.id, token: other.token }))).toBe('CART_NOT_FOUND');
    expect(carts.alerts()).toEqual([]);
  });

  it('gives nothing back to the sweeper: what a forged row says to have reserved is that of others', async () => {
    const { carts, cart } = await filled();
    tamper(carts, cart, (row) => ({
      lines: JSON.parse(JSON.stringify(row['lines']).replaceAll('"shard":0,"quantity":2', '"shard":0,"quantity":40')),
    }));
    carts.clock.advance(RESERVATION_MS);
    await carts.sweep();
    await carts.sweep();
    expect(carts.shards()).toMatchObject([{ available: 48, reserved: 2 }]);
    expect(carts.alerts()).toHaveLength(1);
    expect(carts.log.of('CART_TAMPERED')).toHaveLength(1);
  });

  it.each([
    ['a row that is no cart any more', { lines: 'none' }],
    ['a row of another version of Haven', { version: '3' }],
    ['a checksum that is none', { checksum: '' }],
    ['a checksum of another cart', { checksum: 'a'.repeat(64) }],
    ['a new end', { expires_at: '2030-01-01T00:00:00.000Z' }],
    ['another order', { order_id: 'ord_01JD8Q4X7M5N2V9C3R6T0W1YZA' }],
    ['another currency', { currency: 'EUR' }],
  ])('is found out by %s', async (_name, change) => {
    const { carts, cart } = await filled();
    tamper(carts, cart, () => change);
    expect(await codeOf(carts.show(cart))).toBe('CART_TAMPERED');
  });

  it('is no cart that somebody put in the place of another', async () => {
    const { carts, cart } = await filled();
    const other = await carts.create();
    const row = carts.rows('shop').find(({ pk }) => pk === cartKey(other.id).pk);
    const { token_hash } = carts.stored(cart.id) ?? {};
    carts.dynamo.put('shop', { ...row, ...cartKey(cart.id), token_hash });
    expect(await codeOf(carts.show(cart))).toBe('CART_TAMPERED');
  });
});

describe('seed defect S6', () => {
  it('unkeyed checksum: whoever knows how it is made, but not the secret, makes none that holds', async () => {
    const { carts, cart } = await filled();
    tamper(carts, cart, (row) => {
      const fields = cartSchema.omit({ checksum: true }).parse({ ...row, ...cheaper(row) });
      const text = canonicalJson(['haven', 'cart-checksum', fields]);
      return { ...cheaper(row), checksum: createHash('sha256').update(text).digest('hex') };
    });
    expect(await codeOf(carts.show(cart))).toBe('CART_TAMPERED');
  });

  it('checksum cut to 16 digits: it is compared whole', async () => {
    const { carts, cart } = await filled();
    tamper(carts, cart, (row) => ({ checksum: String(row['checksum']).slice(0, 16) }));
    expect(await codeOf(carts.show(cart))).toBe('CART_TAMPERED');
  });

  it('checksum never compared: every way to a cart compares it', async () => {
    for (const touch of [
      (carts: CartDesk, cart: DeskCart) => carts.show(cart),
      (carts: CartDesk, cart: DeskCart) => carts.set(cart, 'TEE-M', 3),
      (carts: CartDesk, cart: DeskCart) => carts.remove(cart, 'TEE-M'),
      async (carts: CartDesk) => {
        carts.clock.advance(RESERVATION_MS);
        await carts.sweep();
      },
    ]) {
      const { carts, cart } = await filled();
      tamper(carts, cart, cheaper);
      await codeOf(touch(carts, cart));
      expect(carts.log.of('CART_TAMPERED')).toHaveLength(1);
    }
  });

  it('expiry is a stub: a cart that is over is over for every read and every change', async () => {
    const { carts, cart } = await filled();
    carts.clock.advance(CART_IDLE_MS);
    for (const work of [carts.show(cart), carts.set(cart, 'MUG', 2), carts.remove(cart, 'MUG')]) {
      expect(await codeOf(work)).toBe('CART_EXPIRED');
    }
    expect(carts.stored(cart.id)?.version).toBe(3);
  });
});
