import type { FeeHistory } from '#shared/platform/chain/fee-history.ts';

/** Blocks that the baseline looks back over: what nodes give at most in one answer, 3.4 hours on mainnet. */
export const BASELINE_BLOCKS = 1_024;

/**
 * Blocks that the baseline of a chain without base fees looks back over: what they paid is in their transactions, which a
 * node has to read, where base fees are in headers that it has at hand.
 */
export const LEGACY_BASELINE_BLOCKS = 256;

/** What of each of those blocks counts: what its middle unit of gas paid. */
export const LEGACY_PERCENTILES: readonly number[] = [50];

/** The gas price of a chain now, against what was usual. In wei. */
export interface GasPrice {
  /** The base fee of the next block; without base fees what the node suggests to pay. */
  readonly nowWei: bigint;
  /** The median of what blocks before asked or were paid. */
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
  return against(baseFees.at(-1), baseFees.slice(0, -1), spikeThreshold);
}

/**
 * Compares what a node suggests with what the transactions of blocks before paid, for a chain without base fees; blocks
 * in which nothing was paid don't count. Undefined when there are no others. Pure.
 *
 * @param suggestedWei the node's eth_gasPrice
 * @param history with LEGACY_PERCENTILES: without base fees, what its transactions paid is a block's reward
 * @param spikeThreshold how many times the baseline counts as a spike; two decimals count
 */
export function legacyGasPriceOf(
  suggestedWei: bigint,
  { baseFees, rewards }: FeeHistory,
  spikeThreshold: number,
): GasPrice | undefined {
  const paid = rewards.flatMap(([reward = 0n], index) => (reward > 0n ? [reward + (baseFees[index] ?? 0n)] : []));
  return against(suggestedWei, paid, spikeThreshold);
}

function against(
  nowWei: bigint | undefined,
  usualWei: readonly bigint[],
  spikeThreshold: number,
): GasPrice | undefined {
  const before = usualWei.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
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
