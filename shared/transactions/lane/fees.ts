import type { FeeHistory } from '#shared/platform/chain/chain-client.ts';
import type { Speed } from '../transaction.ts';

/** Blocks of fee history that a quote looks at. */
export const FEE_HISTORY_BLOCKS = 10;

/** The percentile of recent priority fees that each speed offers. */
export const SPEED_PERCENTILES: Readonly<Record<Speed, number>> = { slow: 20, standard: 50, fast: 75, fastest: 90 };

/** The percentiles, lowest first, as eth_feeHistory wants them. */
export const FEE_PERCENTILES: readonly number[] = Object.values(SPEED_PERCENTILES);

/** Nodes drop what offers nothing; enough for a rollup, nothing on mainnet. 0.001 gwei. */
const MIN_PRIORITY_FEE_WEI = 1_000_000n;

/** What a transaction offers per gas, in wei (EIP-1559). */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** A quote: fees to sign with, or that the cap is below what the next block asks. */
export type FeeQuote = { readonly ok: true; readonly fees: Fees } | { readonly ok: false; readonly neededWei: bigint };

function median(values: readonly bigint[]): bigint {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0n;
}

/**
 * Quotes fees for a speed: the median of recent priority fees at its percentile (blocks that paid none left out), and twice the next base fee on top,
 * which covers six full blocks in a row (each raises the base fee by at most 1/8, EIP-1559).
 *
 * @param capWei the most that may ever be offered per gas
 */
export function quoteFees(history: FeeHistory, speed: Speed, capWei: bigint): FeeQuote {
  const column = Object.keys(SPEED_PERCENTILES).indexOf(speed);
  // Left out by block, not by percentile: else a faster speed could be quoted less than a slower one.
  const busy = history.rewards.filter((row) => row.some((tip) => tip > 0n));
  const tips = busy.map((row) => row[column] ?? 0n);
  const tip = median(tips);
  const maxPriorityFeePerGas = tip > MIN_PRIORITY_FEE_WEI ? tip : MIN_PRIORITY_FEE_WEI;
  const baseFee = history.baseFees.at(-1) ?? 0n;
  const neededWei = baseFee + maxPriorityFeePerGas;
  if (neededWei > capWei) return { ok: false, neededWei };
  const wanted = 2n * baseFee + maxPriorityFeePerGas;
  return { ok: true, fees: { maxFeePerGas: wanted < capWei ? wanted : capWei, maxPriorityFeePerGas } };
}
