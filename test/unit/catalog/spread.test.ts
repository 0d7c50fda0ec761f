import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evenly, levelOut, type ShardMove, spreadAdjustment } from '#shared/catalog/spread.ts';

const levels = (...available: readonly number[]) => available.map((count, shard) => ({ shard, available: count }));

/** The shards after moves. */
function applied(
  shards: readonly { readonly shard: number; readonly available: number }[],
  moves: readonly ShardMove[],
) {
  return shards.map(({ shard, available }) => available + (moves.find((move) => move.shard === shard)?.by ?? 0));
}

describe('spreading an adjustment', () => {
  it.each([
    ['fills the emptiest', [5, 0, 5], 3, 3, [5, 3, 5]],
    ['levels what it can', [5, 0, 2], 3, 4, [5, 3, 3]],
    ['raises all when there is enough', [1, 2, 3], 3, 6, [4, 4, 4]],
    ['leaves shards out of use alone', [5, 5, 0], 2, 3, [7, 6, 0]],
    ['takes from the fullest', [9, 1, 1], 3, -5, [4, 1, 1]],
    ['takes from shards out of use too', [1, 1, 8], 2, -7, [1, 1, 1]],
    ['takes the last piece', [2, 0, 1], 3, -3, [0, 0, 0]],
  ])('%s', (_name, available, inUse, by, expected) => {
    const shards = levels(...available);
    expect(applied(shards, spreadAdjustment(shards, inUse, by) ?? [])).toEqual(expected);
  });

  it('is refused when fewer are available', () => {
    expect(spreadAdjustment(levels(2, 1), 2, -4)).toBeUndefined();
  });
});

const stock = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 16 }).map((counts) => levels(...counts));
const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

describe('any stock', () => {
  it('has as many pieces as were added or taken, and never fewer than none in a shard', () => {
    fc.assert(
      fc.property(
        stock,
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: -5_000, max: 5_000 }),
        (shards, inUse, by) => {
          const before = sum(shards.map(({ available }) => available));
          const moves = spreadAdjustment(shards, Math.min(inUse, shards.length), by);
          if (before + by < 0) {
            expect(moves).toBeUndefined();
            return;
          }
          const left = applied(shards, moves ?? []);
          expect(sum(left)).toBe(before + by);
          expect(Math.min(...left)).toBeGreaterThanOrEqual(0);
          // Nothing is taken where pieces come, nothing comes where they are taken.
          expect((moves ?? []).every((move) => Math.sign(move.by) === Math.sign(by))).toBe(true);
        },
      ),
    );
  });

  it('is level after it was spread, with nothing out of use and no piece lost', () => {
    fc.assert(
      fc.property(stock, fc.integer({ min: 1, max: 16 }), (shards, wanted) => {
        const inUse = Math.min(wanted, shards.length);
        const left = applied(shards, levelOut(shards, inUse));
        expect(sum(left)).toBe(sum(shards.map(({ available }) => available)));
        expect(left.slice(inUse).every((count) => count === 0)).toBe(true);
        const used = left.slice(0, inUse);
        expect(Math.max(...used) - Math.min(...used)).toBeLessThanOrEqual(1);
        expect(left.slice(0, inUse)).toEqual(evenly(sum(left), inUse));
      }),
    );
  });
});
