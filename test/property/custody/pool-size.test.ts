import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { POOL_SHARDS, pooledWalletIn, slotItem, slotKey } from '#shared/custody/deposit-pool/pool-rows.ts';
import { isWorse, poolStatus } from '#shared/custody/deposit-pool/pool-size.ts';

const size = fc
  .tuple(fc.integer({ min: 1, max: 2_000 }), fc.nat(1_999))
  .map(([target, low]) => ({ target, lowWater: Math.min(low, target - 1) }));

describe('how a pool stands', () => {
  it('never gets worse by one wallet more, is empty without any, and filled at its target', () => {
    fc.assert(
      fc.property(size, fc.nat(2_500), (one, free) => {
        expect(isWorse(poolStatus(free, one), poolStatus(free + 1, one))).toBe(false);
        expect(poolStatus(0, one)).toBe('empty');
        expect(poolStatus(one.target, one)).toBe('filled');
        expect(poolStatus(free, one) === 'filled').toBe(free > 0 && free >= one.lowWater);
      }),
    );
  });
});

describe('slots', () => {
  it('are each in one place, in every shard alike, and read back as they were written', () => {
    fc.assert(
      fc.property(fc.nat(99_999), fc.nat(99_999), (slot, other) => {
        const pooled = { slot, walletId: 'wal_1', address: '0x1' };
        expect(pooledWalletIn(slotItem(pooled))).toEqual(pooled);
        const [a, b] = [slotKey(slot), slotKey(other)];
        expect(a.pk === b.pk).toBe(slot % POOL_SHARDS === other % POOL_SHARDS);
        if (a.pk === b.pk && slot !== other) expect(a.sk < b.sk).toBe(slot < other);
      }),
    );
  });
});
