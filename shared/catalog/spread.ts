import type { StockShard } from './stock.ts';

/** So many pieces come to a shard, or with a number below zero leave it. */
export interface ShardMove {
  readonly shard: number;
  /** Never zero. */
  readonly by: number;
}

type Level = Pick<StockShard, 'shard' | 'available'>;

/**
 * Spreads pieces that come or leave over the shards of a SKU, so that these become as level as they can without a move that undoes
 * another: what comes goes to the emptiest of the shards in use, what leaves is taken from the fullest of all. Pure.
 *
 * @param shards all that there are
 * @param inUse over how many of them stock is spread
 * @param by pieces; below zero: so many leave
 * @returns undefined: fewer are available
 */
export function spreadAdjustment(
  shards: readonly Level[],
  inUse: number,
  by: number,
): readonly ShardMove[] | undefined {
  if (by >= 0) {
    const open = shards.filter(({ shard }) => shard < inUse);
    const raises = raise(
      open.map(({ available }) => available),
      by,
    );
    return movesOf(open, raises);
  }
  if (shards.reduce((sum, { available }) => sum + available, 0) < -by) return undefined;
  // Lowering the highest is raising the lowest in the mirror.
  const raises = raise(
    shards.map(({ available }) => -available),
    -by,
  );
  return movesOf(
    shards,
    raises.map((raised) => -raised),
  );
}

/**
 * The moves after which everything available is spread evenly over the shards in use, and nothing is available in the others. Pure.
 *
 * @param shards all that there are
 * @param inUse how many of them stock is to be spread over
 */
export function levelOut(shards: readonly Level[], inUse: number): readonly ShardMove[] {
  const total = shards.reduce((sum, { available }) => sum + available, 0);
  const wanted = evenly(total, inUse);
  return movesOf(
    shards,
    shards.map(({ shard, available }) => (wanted[shard] ?? 0) - available),
  );
}

/** Splits pieces into parts of which none is larger than another by more than one, the larger first. Pure. */
export function evenly(total: number, parts: number): readonly number[] {
  const each = Math.floor(total / parts);
  return Array.from({ length: parts }, (_, index) => each + (index < total - each * parts ? 1 : 0));
}

function movesOf(shards: readonly Level[], by: readonly number[]): readonly ShardMove[] {
  return shards.flatMap(({ shard }, index) => {
    const moved = by[index] ?? 0;
    return moved === 0 ? [] : [{ shard, by: moved }];
  });
}

/**
 * By how much each level is raised when so much is poured over all of them and settles in the lowest.
 *
 * @param levels at least one
 */
function raise(levels: readonly number[], amount: number): readonly number[] {
  const lowestFirst = levels.map((level, index) => ({ level, index })).toSorted((a, b) => a.level - b.level);
  let sum = 0;
  let raised = 0;
  for (const { level } of lowestFirst) {
    // As long as it would rise above the next one, that one is raised too.
    if (raised > 0 && sum + amount <= level * raised) break;
    sum += level;
    raised += 1;
  }
  const level = Math.floor((sum + amount) / raised);
  const rest = sum + amount - level * raised;
  const by = levels.map(() => 0);
  for (const [order, { level: before, index }] of lowestFirst.slice(0, raised).entries()) {
    by[index] = level + (order < rest ? 1 : 0) - before;
  }
  return by;
}
