import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, percentile, spreadOf } from '../../../bench/statistics.ts';

const upTo = (count: number) => Array.from({ length: count }, (_, index) => count - index);

describe('percentiles', () => {
  it.each([
    [[5], 50, 5],
    [[1, 2, 3, 4], 50, 2],
    [upTo(100), 95, 95],
    [upTo(100), 99, 99],
    [upTo(100), 100, 100],
    [upTo(20), 95, 19],
    [[3, 1, 2], 0, 1],
  ])('of %j at %d is %d', (values, percent, expected) => {
    expect(percentile(values, percent)).toBe(expected);
  });

  it('are always among the measurements, and never fall as the percentage rises', () => {
    const values = fc.array(fc.double({ noNaN: true }), { minLength: 1 });
    const percent = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(values, percent, percent, (all, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((at) => percentile(all, at));
        expect(all).toContain(low);
        expect(low).toBeLessThanOrEqual(high ?? Number.NaN);
      }),
    );
  });
});

describe('the median', () => {
  it.each([
    [[7], 7],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('needs measurements', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('a spread', () => {
  it('is none without measurements', () => {
    expect(spreadOf([])).toBeNull();
  });

  it.each([
    [19, null, null],
    [20, 19, null],
    [99, 95, null],
    [100, 95, 99],
  ])('of %d names only the percentiles that so many bear', (count, p95, p99) => {
    expect(spreadOf(upTo(count))).toEqual({ count, min: 1, median: (count + 1) / 2, p95, p99, max: count });
  });
});
