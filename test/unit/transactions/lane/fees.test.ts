import { describe, expect, it } from 'vitest';
import { FEE_PERCENTILES, quoteFees, SPEED_PERCENTILES } from '#shared/transactions/lane/fees.ts';

const GWEI = 1_000_000_000n;
const CAP = 100n * GWEI;
/** 0.001 gwei. */
const FLOOR = 1_000_000n;

/** A history in which every block had the same tips, slowest first. */
const history = (baseFeeGwei: bigint, tips: readonly bigint[] = [1n, 2n, 3n, 4n]) => ({
  baseFees: [7n * GWEI, baseFeeGwei * GWEI],
  rewards: [tips.map((tip) => tip * GWEI)],
});
const column = (tips: readonly bigint[]) => ({ baseFees: [GWEI], rewards: tips.map((tip) => [tip, tip, tip, tip]) });

describe('the percentiles asked for', () => {
  it('are one per speed, rising, as eth_feeHistory wants them', () => {
    expect(FEE_PERCENTILES).toEqual([20, 50, 75, 90]);
    expect(Object.keys(SPEED_PERCENTILES)).toEqual(['slow', 'standard', 'fast', 'fastest']);
  });
});

describe('a quote', () => {
  it.each([
    ['slow', 1n],
    ['standard', 2n],
    ['fast', 3n],
    ['fastest', 4n],
  ] as const)('for %s offers the tip of its percentile, and twice the next base fee on top', (speed, tip) => {
    expect(quoteFees(history(10n), speed, CAP)).toEqual({
      ok: true,
      fees: { maxPriorityFeePerGas: tip * GWEI, maxFeePerGas: (20n + tip) * GWEI },
      nextBlockWei: (10n + tip) * GWEI,
    });
  });

  it.each([
    ['of an odd number of blocks', [5n, 1n, 9n], 5n],
    ['of an even number of blocks, the lower of the middle two', [5n, 1n, 9n, 3n], 3n],
    ['of the blocks that paid any', [0n, 0n, 0n, 7n], 7n],
  ])('takes the median tip %s', (_name, tips, expected) => {
    const quote = quoteFees(column(tips.map((tip) => tip * GWEI)), 'standard', CAP);
    expect(quote).toMatchObject({ fees: { maxPriorityFeePerGas: expected * GWEI } });
  });

  it.each([
    ['nobody tipped', column([0n, 0n])],
    ['tips are below it', column([FLOOR - 1n])],
    ['the node tells no tips', { baseFees: [GWEI], rewards: [] }],
    ['the node tells fewer columns than asked for', { baseFees: [GWEI], rewards: [[GWEI]] }],
  ])('offers no less than 0.001 gwei when %s', (_name, given) => {
    expect(quoteFees(given, 'fastest', CAP)).toMatchObject({ fees: { maxPriorityFeePerGas: FLOOR } });
  });

  it('is the tip alone on a chain without base fees', () => {
    const quote = quoteFees({ baseFees: [], rewards: [[GWEI, GWEI, GWEI, GWEI]] }, 'slow', CAP);
    expect(quote).toMatchObject({ ok: true, fees: { maxPriorityFeePerGas: GWEI, maxFeePerGas: GWEI } });
  });
});

describe('the cap', () => {
  it.each([
    ['leaves a quote below it alone', 48n, 98n],
    ['cuts what is wanted above it', 60n, 100n],
    ['is paid in full when the next block asks just that', 98n, 100n],
  ])('%s', (_name, baseFeeGwei, maxFeeGwei) => {
    expect(quoteFees(history(baseFeeGwei), 'standard', CAP)).toMatchObject({
      ok: true,
      fees: { maxFeePerGas: maxFeeGwei * GWEI, maxPriorityFeePerGas: 2n * GWEI },
    });
  });

  it('refuses a quote that the next block would not take, and says what it asks', () => {
    expect(quoteFees(history(99n), 'standard', CAP)).toEqual({ ok: false, neededWei: 101n * GWEI });
  });
});
