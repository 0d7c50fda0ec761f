import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Allocation } from '#shared/catalog/stock.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { createCatalogDesk } from '#test/support/fakes/catalog-desk.ts';

const SKU = 'TEE-M';
const RUNS = 150;

const shard = fc.nat(15);
const quantity = fc.integer({ min: 1, max: 12 });
/** What anybody may do to stock, in any order, with any number. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('reserve' as const), shard, quantity }),
  fc.record({ kind: fc.constant('release' as const), shard, quantity }),
  fc.record({ kind: fc.constant('sell' as const), shard, quantity }),
  fc.record({ kind: fc.constant('adjust' as const), by: fc.integer({ min: -30, max: 30 }) }),
  fc.record({ kind: fc.constant('reshard' as const), shards: fc.integer({ min: 1, max: 16 }) }),
  fc.record({ kind: fc.constant('reprice' as const), amount: fc.integer({ min: 1, max: 999 }) }),
);

describe('any sequence of reserve, release, sell, adjust, reshard and reprice', () => {
  it('keeps every count at zero or above, and on hand = initial + adjusted - sold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(60), fc.array(step, { maxLength: 25 }), async (initial, steps) => {
        const desk = createCatalogDesk();
        const price = { amount: '2500', currency: 'USD' };
        await desk.send('POST', '/products', { sku: SKU, name: 'Tee', price, stock: initial });
        let adjusted = 0;
        let sold = 0;
        /** Whether it was done; a refusal changes nothing. */
        const tried = async (work: (allocation: Allocation) => Promise<void>, allocation: Allocation) => {
          try {
            await work(allocation);
            return true;
          } catch (error) {
            if (error instanceof Raced) return false;
            throw error;
          }
        };
        for (const taken of steps) {
          if (taken.kind === 'adjust') {
            const body = { quantity: taken.by, reason: 'counted' };
            const { statusCode } = await desk.send('POST', `/products/${SKU}/stock-adjustments`, body);
            if (statusCode === 201) adjusted += taken.by;
          } else if (taken.kind === 'reshard') {
            const { statusCode } = await desk.send('PATCH', `/products/${SKU}`, { stock_shards: taken.shards });
            expect(statusCode).toBe(200);
          } else if (taken.kind === 'reprice') {
            const changed = { price: { amount: String(taken.amount), currency: 'USD' } };
            await desk.send('PATCH', `/products/${SKU}`, changed);
          } else {
            const allocation = { sku: SKU, shard: taken.shard, quantity: taken.quantity };
            const done = await tried(desk[taken.kind], allocation);
            if (done && taken.kind === 'sell') sold += taken.quantity;
          }
          const shards = desk.shards(SKU);
          expect(
            shards.flatMap(({ available, reserved, sold: gone }) => [available, reserved, gone]).filter((n) => n < 0),
          ).toEqual([]);
          expect(desk.level(SKU).on_hand).toBe(initial + adjusted - sold);
          expect(desk.level(SKU).sold).toBe(sold);
          expect(new Set(shards.map(({ offer }) => offer))).toEqual(new Set([desk.product(SKU).offer]));
          expect(shards).toHaveLength(desk.product(SKU).stock_rows);
        }
        expect(await desk.brokenAt(SKU)).toBeNull();
      }),
      { numRuns: RUNS, seed: 20_261_122 },
    );
  });
});
