import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cart, cartSchema } from '#shared/checkout/cart.ts';
import { isSealed, sealCart } from '#shared/checkout/cart-seal.ts';
import { canonicalJson } from '#shared/platform/canonical-json.ts';

const KEY = 'a shop key of at least 32 characters';
const text = fc.string({ minLength: 1, maxLength: 12 });
const instant = fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((at) => at.toISOString());
const count = fc.integer({ min: 1, max: 10_000 });
const money = fc.record({ amount: fc.bigInt({ min: 1n, max: 10n ** 15n - 1n }).map(String), currency: text });
const line = fc.record({
  sku: text,
  name: text,
  quantity: count,
  unit_price: money,
  offer: count,
  stock_rows: count,
  reservation: fc.option(
    fc.record({
      until: instant,
      allocations: fc.array(fc.record({ sku: text, shard: fc.nat(15), quantity: count }), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
  ),
});
const cart: fc.Arbitrary<Cart> = fc
  .record({
    id: text,
    token_hash: text,
    status: fc.constantFrom('open' as const, 'checked_out' as const),
    currency: fc.option(text),
    lines: fc.array(line, { minLength: 1, maxLength: 4 }),
    created_at: instant,
    updated_at: instant,
    expires_at: instant,
    order_id: fc.option(text),
    version: count,
  })
  .map((unsealed) => sealCart(KEY, unsealed));

type Path = readonly (string | number)[];

/** Every place in a value at which something other can stand: leaves, and what is null. */
function places(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    places(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

/** A copy with something other at one place. */
function flipped(value: unknown, [key, ...rest]: Path, to: (leaf: unknown) => unknown): unknown {
  if (key === undefined) return to(value);
  if (Array.isArray(value)) return value.map((one, index) => (index === key ? flipped(one, rest, to) : one));
  const entries = Object.entries(value ?? {});
  return Object.fromEntries(entries.map(([name, one]) => [name, name === key ? flipped(one, rest, to) : one]));
}

function otherLeaf(leaf: unknown): unknown {
  if (typeof leaf === 'number') return leaf + 1;
  if (leaf === 'open') return 'checked_out';
  if (leaf === 'checked_out') return 'open';
  return typeof leaf === 'string' ? `${leaf}0` : 'x';
}

describe('the checksum of a cart', () => {
  it('holds for every cart as it was written, read back from anywhere', () => {
    fc.assert(
      fc.property(cart, (sealed) => {
        expect(isSealed(KEY, cartSchema.parse(JSON.parse(JSON.stringify(sealed))))).toBe(true);
      }),
    );
  });

  it('finds out a change of any one field, of a line, of a price, of a reservation, of itself', () => {
    fc.assert(
      fc.property(cart, (sealed) => {
        for (const place of places(sealed)) {
          const changed = cartSchema.safeParse(flipped(sealed, place, otherLeaf));
          // What is no cart any more is found out by its form.
          if (changed.success) expect([place, isSealed(KEY, changed.data)]).toEqual([place, false]);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('finds out lines that are left out, doubled or in another order', () => {
    fc.assert(
      fc.property(cart, fc.nat(), (sealed, at) => {
        const index = at % sealed.lines.length;
        const one = sealed.lines.slice(index, index + 1);
        const others = sealed.lines.filter((_line, place) => place !== index);
        for (const lines of [others, [...sealed.lines, ...one], [...others, ...one], sealed.lines.toReversed()]) {
          if (canonicalJson(lines) === canonicalJson(sealed.lines)) continue;
          expect(isSealed(KEY, { ...sealed, lines })).toBe(false);
        }
      }),
    );
  });

  it('can not be made without the secret, nor moved between carts', () => {
    fc.assert(
      fc.property(cart, cart, text, (one, other, key) => {
        fc.pre(key !== KEY && canonicalJson(one) !== canonicalJson(other));
        expect(isSealed(KEY, sealCart(key, one))).toBe(false);
        expect(isSealed(KEY, { ...one, checksum: other.checksum })).toBe(false);
      }),
    );
  });
});
