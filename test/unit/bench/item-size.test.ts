import { describe, expect, it } from 'vitest';
import { type Item, itemBytes, itemSchema } from '../../../bench/item-size.ts';

describe('the size of an item', () => {
  it.each<[string, Item, number]>([
    ['names and texts as UTF-8', { naïve: { S: 'wei Ξ' } }, 6 + 6],
    ['numbers by two digits a byte and one more', { n: { N: '12345' } }, 1 + 3 + 1],
    ['numbers without the zeros at their ends', { n: { N: '1000000000000000000' } }, 1 + 1 + 1],
    ['fractions without the zeros around them', { n: { N: '0.00250' } }, 1 + 1 + 1],
    ['nothing as one byte', { n: { NULL: true } }, 1 + 1],
    ['truth as one byte', { b: { BOOL: false } }, 1 + 1],
    ['bytes as they are', { b: { B: new Uint8Array(110) } }, 1 + 110],
    ['an empty list as three', { l: { L: [] } }, 1 + 3],
    ['a list with one for each element', { l: { L: [{ S: 'ab' }, { S: '' }] } }, 1 + 3 + (1 + 2) + (1 + 0)],
    ['a map with one for each member', { m: { M: { k: { S: 'v' } } } }, 1 + 3 + 1 + (1 + 1)],
  ])('counts %s', (_what, item, bytes) => {
    expect(itemBytes(item)).toBe(bytes);
  });

  it('is not guessed of what Haven does not store', () => {
    expect(itemSchema.safeParse({ s: { SS: ['a'] } }).success).toBe(false);
  });
});
