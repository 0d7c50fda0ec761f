import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Allocation, allocate } from '#shared/catalog/stock.ts';
import { joined, pieces, trimmed } from '#shared/checkout/cart-reservations.ts';
import { createCartDesk } from '#test/support/fakes/cart-desk.ts';

const SKUS = ['A', 'B', 'C'];
const PRICES: Readonly<Record<string, bigint>> = { A: 1n, B: 999_999_999_999_999n, C: 2_500n };

const wishes = fc.array(
  fc.record({
    sku: fc.constantFrom(...SKUS),
    /** 0: the line is taken out. */
    quantity: fc.integer({ min: 0, max: 10_000 }),
  }),
  { maxLength: 25 },
);

describe('the lines of a cart', () => {
  it('are what was last wished of each SKU, one a SKU, and its total is their sum', async () => {
    await fc.assert(
      fc.asyncProperty(wishes, async (all) => {
        const desk = createCartDesk();
        for (const sku of SKUS) {
          desk.stock({ sku, price: { amount: String(PRICES[sku]), currency: 'USD' }, max_per_order: 10_000 });
        }
        const cart = await desk.create();
        const wished = new Map<string, number>();
        let changes = 0;
        for (const { sku, quantity } of all) {
          const isSame = (wished.get(sku) ?? 0) === quantity;
          if (quantity === 0) {
            wished.delete(sku);
            await desk.remove(cart, sku);
          } else {
            wished.set(sku, quantity);
            await desk.set(cart, sku, quantity);
          }
          if (!isSame) changes += 1;
        }
        const { lines, total, version } = await desk.show(cart);
        expect(new Map(lines.map(({ sku, quantity }) => [sku, quantity]))).toEqual(wished);
        expect(lines).toHaveLength(wished.size);
        const sum = [...wished].reduce(
          (so_far, [sku, quantity]) => so_far + (PRICES[sku] ?? 0n) * BigInt(quantity),
          0n,
        );
        expect([total.amount, version]).toEqual([String(sum), 1 + changes]);
      }),
      { numRuns: 30 },
    );
  });
});

const allocations = fc
  .uniqueArray(fc.record({ sku: fc.constant('A'), shard: fc.nat(15), quantity: fc.integer({ min: 1, max: 50 }) }), {
    selector: ({ shard }) => shard,
    maxLength: 16,
  })
  .map((all): readonly Allocation[] => all);

describe('allocations', () => {
  it('that are trimmed give back as many pieces as asked for, each from the shard that it came from', () => {
    fc.assert(
      fc.property(allocations, fc.nat(), (all, some) => {
        const quantity = some % (pieces(all) + 1);
        const { kept, given } = trimmed(all, quantity);
        expect([pieces(given), pieces(kept)]).toEqual([quantity, pieces(all) - quantity]);
        expect(joined(kept, given)).toEqual(joined(all));
        expect([...kept, ...given].every((one) => one.quantity > 0)).toBe(true);
      }),
    );
  });

  it('that are joined have one place for each shard, as a transaction needs it, and no piece more or less', () => {
    fc.assert(
      fc.property(allocations, allocations, (one, other) => {
        const all = joined(one, other);
        expect(new Set(all.map(({ shard }) => shard)).size).toBe(all.length);
        expect(pieces(all)).toBe(pieces(one) + pieces(other));
      }),
    );
  });

  it('that are found are of what there is, whoever draws', () => {
    fc.assert(
      fc.property(
        allocations,
        fc.integer({ min: 1, max: 900 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, quantity, drawn) => {
          const shards = all.map((one) => ({
            sku: one.sku,
            shard: one.shard,
            available: one.quantity,
            reserved: 0,
            sold: 0,
            offer: 1,
            on_sale: true,
            changes: 0,
          }));
          const found = allocate({ sku: 'A', quantity }, shards, () => drawn);
          if (found.kind === 'short') {
            expect(found.available).toBe(pieces(all));
            return;
          }
          expect(pieces(found.allocations)).toBe(quantity);
          for (const { shard, quantity: taken } of found.allocations) {
            expect(taken).toBeLessThanOrEqual(all.find((one) => one.shard === shard)?.quantity ?? 0);
          }
        },
      ),
    );
  });
});
