import type { FeeHistory } from '#shared/platform/chain/chain-client.ts';

/** Blocks that the baseline looks back over: what nodes give at most in one answer, 3.4 hours on mainnet. */
export const BASELINE_BLOCKS = 1_024;

/** The gas price of a chain now, against what was usual. In wei. */
export interface GasPrice {
  /** The base fee of the next block. */
  readonly nowWei: bigint;
  /** The median base fee of the blocks before. */
  readonly baselineWei: bigint;
  /** Now against the baseline, in hundredths. */
  readonly ratioHundredths: bigint;
  readonly isSpike: boolean;
}

/**
 * Compares the next block's base fee with the rolling baseline; undefined on a chain without base fees. Pure.
 *
 * @param spikeThreshold how many times the baseline counts as a spike; two decimals count
 */
export function gasPriceOf({ baseFees }: FeeHistory, spikeThreshold: number): GasPrice | undefined {
  const nowWei = baseFees.at(-1);
  const before = baseFees.slice(0, -1).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const baselineWei = before[Math.floor((before.length - 1) / 2)];
  if (nowWei === undefined || baselineWei === undefined || baselineWei === 0n) return undefined;
  const ratioHundredths = (nowWei * 100n) / baselineWei;
  return {
    nowWei,
    baselineWei,
    ratioHundredths,
    isSpike: nowWei * 100n >= baselineWei * BigInt(Math.round(spikeThreshold * 100)),
  };
}
