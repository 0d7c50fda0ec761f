import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advanced,
  DENSE_BLOCKS,
  firstCursor,
  forkPoint,
  grown,
  halved,
  MAX_BLOCKS_PER_READ,
  REACH_BLOCKS,
  type ReadHead,
  rewound,
} from '#shared/payments/scan/scan-cursor.ts';

const block = (number: number, fork = 'a'): ReadHead => ({
  number,
  hash: `${fork}${number}`,
  timestampSeconds: number,
});
const blocks = (from: number, to: number, fork?: string) =>
  Array.from({ length: to - from + 1 }, (_, index) => block(from + index, fork));

/** A cursor that read all blocks up to one, in ranges. */
function readTo(last: number, range = 20) {
  let cursor = firstCursor(1, block(0));
  for (let from = 1; from <= last; from += range)
    cursor = advanced(cursor, blocks(from, Math.min(from + range - 1, last)));
  return cursor;
}

describe('the cursor of a chain', () => {
  it('knows all of the last blocks, fewer the further back, and never more than one request can ask for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40_000 }), fc.integer({ min: 1, max: 400 }), (last, range) => {
        const { known, number, hash } = readTo(last, range);
        expect({ number, hash }).toEqual({ number: last, hash: `a${last}` });
        const numbers = known.map((one) => one.number);
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
        expect(numbers.slice(-Math.min(DENSE_BLOCKS, last + 1))).toEqual(
          Array.from(
            { length: Math.min(DENSE_BLOCKS, last + 1) },
            (_, index) => last - Math.min(DENSE_BLOCKS, last + 1) + 1 + index,
          ),
        );
        expect(numbers.length).toBeLessThanOrEqual(98);
        expect(last - (numbers[0] ?? 0)).toBeLessThanOrEqual(REACH_BLOCKS);
      }),
      { numRuns: 100 },
    );
  });

  it('finds the latest block that it shares with a fork, no further back than an eighth of the way more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 3_000 }), fc.integer({ min: 1, max: 1_000 }), (last, depth) => {
        const cursor = readTo(last);
        const fork = Math.max(0, last - depth);
        const chain = new Map([...blocks(0, fork), ...blocks(fork + 1, last + 1, 'b')].map((one) => [one.number, one]));
        const found = forkPoint(cursor, chain);
        expect(found?.hash).toBe(`a${found?.number}`);
        expect(found?.number).toBeLessThanOrEqual(fork);
        expect(fork - (found?.number ?? -1)).toBeLessThanOrEqual(Math.max(1, Math.ceil(depth / 4)));
        const back = rewound(cursor, found ?? block(0));
        expect(back.known.at(-1)).toEqual({ number: found?.number, hash: found?.hash });
        expect(advanced(back, blocks((found?.number ?? 0) + 1, last + 1, 'b')).number).toBe(last + 1);
      }),
      { numRuns: 200 },
    );
  });

  it('shares no block with another chain', () => {
    const chain = new Map(blocks(0, 200, 'b').map((one) => [one.number, one]));
    expect(forkPoint(readTo(200), chain)).toBeUndefined();
  });

  it('asks for half after a refusal, down to one, and carefully for more', () => {
    expect([20, 10, 3, 1].map(halved)).toEqual([10, 5, 1, 1]);
    expect([1, 19, MAX_BLOCKS_PER_READ].map(grown)).toEqual([2, 20, 20]);
  });
});
