import type { Allocation, StockShard } from './stock.ts';

/** A shard's name in maps. */
export function shardName({ sku, shard }: Pick<Allocation, 'sku' | 'shard'>): string {
  return `${sku}#${shard}`;
}

/** A shard whose count of reserved pieces is not what holders have of it. */
export interface Discrepancy {
  readonly sku: string;
  readonly shard: number;
  /** What the shard has counted as reserved. */
  readonly counted: number;
  /** What open orders and carts have reserved of it. */
  readonly expected: number;
  /** How often the shard had changed when it was read: nothing moved as long as it is the same. */
  readonly changes: number;
}

/**
 * Adds up what is held of each shard, page by page: of the pages nothing else is kept.
 *
 * @param shards those that are asked for
 * @returns by name of the shard; what nobody holds anything of is left out
 */
export async function heldByShard(
  shards: readonly StockShard[],
  held: AsyncIterable<readonly Allocation[]>,
): Promise<ReadonlyMap<string, number>> {
  const asked = new Set(shards.map(shardName));
  const sums = new Map<string, number>();
  for await (const page of held) {
    for (const allocation of page) {
      const name = shardName(allocation);
      if (asked.has(name)) sums.set(name, (sums.get(name) ?? 0) + allocation.quantity);
    }
  }
  return sums;
}

/**
 * Compares shards with what holders have of them. Pure.
 *
 * @param shards as they were read before the holders
 * @param sums what is held, by name of the shard
 */
export function discrepancies(
  shards: readonly StockShard[],
  sums: ReadonlyMap<string, number>,
): readonly Discrepancy[] {
  return shards.flatMap((shard) => {
    const { sku, reserved, changes } = shard;
    const expected = sums.get(shardName(shard)) ?? 0;
    return expected === reserved ? [] : [{ sku, shard: shard.shard, counted: reserved, expected, changes }];
  });
}

/** Whether two looks saw the same of the same shard, and nothing moved between them: then it is drift, not a buyer passing by. Pure. */
export function isSame(one: Discrepancy, other: Discrepancy): boolean {
  return shardName(one) === shardName(other) && one.changes === other.changes && one.expected === other.expected;
}

/** What a shard's counts are after a repair, and how many pieces are promised that are not there. */
export interface RepairedCounts {
  readonly available: number;
  readonly reserved: number;
  /** Above zero: on hand says so many more than it did, because orders hold more than there is. */
  readonly missing: number;
}

/**
 * The counts that a shard should have: what holders have is reserved, and the rest of what is on hand is available. When they hold more
 * than is on hand nothing is available, never less. Pure.
 */
export function repairedCounts({ available, reserved }: StockShard, expected: number): RepairedCounts {
  const rest = available + reserved - expected;
  return { available: Math.max(0, rest), reserved: expected, missing: Math.max(0, -rest) };
}
