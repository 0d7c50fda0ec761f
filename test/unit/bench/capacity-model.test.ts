import { describe, expect, it } from 'vitest';
import {
  indexWriteUnits,
  itemReadUnits,
  queryReadUnits,
  type TableShape,
  writeUnits,
} from '../../../bench/capacity-model.ts';
import type { Item } from '../../../bench/item-size.ts';

/** An item of exactly that many bytes. */
const sized = (bytes: number): Item => ({ d: { S: 'x'.repeat(bytes - 1) } });

describe('write units of a table', () => {
  it.each([
    ['nothing that stays nothing', undefined, undefined, 1],
    ['a kilobyte', undefined, sized(1024), 1],
    ['a byte more', undefined, sized(1025), 2],
    ['an item that shrinks, by what it was', sized(3000), sized(10), 3],
    ['an item that grows, by what it becomes', sized(10), sized(3000), 3],
    ['a deletion, by what is deleted', sized(2048), undefined, 2],
  ])('are for %s', (_what, before, after, units) => {
    expect(writeUnits(before, after)).toBe(units);
  });
});

describe('write units of an index', () => {
  const shape: TableShape = { keys: ['pk', 'sk'], indexes: [{ name: 'gsi1', keys: ['g'] }] };
  const item = (g?: string, other = 'o'): Item => ({
    pk: { S: 'p' },
    sk: { S: 's' },
    other: { S: other },
    ...(g === undefined ? {} : { g: { S: g } }),
  });

  it.each([
    ['an item without its key', undefined, item(), 0],
    ['an item that enters', undefined, item('a'), 1],
    ['an item that leaves', item('a'), undefined, 1],
    ['an item that loses the key', item('a'), item(), 1],
    ['a key that changes: out and in', item('a'), item('b'), 2],
    ['a change that the index does not show', item('a'), item('a', 'new'), 0],
  ])('are for %s', (_what, before, after, units) => {
    expect(indexWriteUnits(shape, before, after)).toBe(units);
  });
});

describe('read units', () => {
  it.each([
    ['nothing', undefined, true, 1],
    ['four kilobytes', sized(4096), true, 1],
    ['a byte more', sized(4097), true, 2],
    ['half as much when it may be late', sized(4097), false, 1],
  ])('of one item are for %s', (_what, item, consistent, units) => {
    expect(itemReadUnits(item, consistent)).toBe(units);
  });

  it('of a query are rounded up once, over all it read', () => {
    const items = [sized(1500), sized(1500), sized(1500)];
    expect(queryReadUnits(items, true)).toBe(2);
    expect(queryReadUnits(items, false)).toBe(1);
    expect(queryReadUnits([], true)).toBe(1);
  });
});
