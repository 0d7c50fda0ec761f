import type { FeeHistory } from '#shared/platform/chain/fee-history.ts';
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
export type FeeQuote =
  | {
      readonly ok: true;
      readonly fees: Fees;
      /** What the next block asks; less may have to wait. */
      readonly nextBlockWei: bigint;
    }
  | { readonly ok: false; readonly neededWei: bigint };

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
  return {
    ok: true,
    fees: { maxFeePerGas: wanted < capWei ? wanted : capWei, maxPriorityFeePerGas },
    nextBlockWei: neededWei,
  };
}

/** Nodes take a replacement only if it offers a tenth more, of both fees (go-ethereum core/txpool/legacypool, PriceBump). */
const BUMP_NUMERATOR = 11n;
const BUMP_DENOMINATOR = 10n;

/**
 * Fees for a transaction that replaces one with the same nonce: what the market asks, and at least a tenth more of both
 * than was offered.
 *
 * @param before what the version in force offers
 * @param capWei the most that may ever be offered per gas
 */
export function bumpFees(quote: FeeQuote, before: Fees, capWei: bigint): FeeQuote {
  const leastMax = bumped(before.maxFeePerGas);
  const leastTip = bumped(before.maxPriorityFeePerGas);
  if (!quote.ok) return { ok: false, neededWei: larger(quote.neededWei, leastMax) };
  if (leastMax > capWei) return { ok: false, neededWei: leastMax };
  // A tip above the whole fee is refused; the quote's own is not above its fee, nor is the bumped one above the bumped fee.
  const fees = {
    maxFeePerGas: larger(quote.fees.maxFeePerGas, leastMax),
    maxPriorityFeePerGas: larger(quote.fees.maxPriorityFeePerGas, leastTip),
  };
  return { ok: true, fees, nextBlockWei: quote.nextBlockWei };
}

/** The most that can be offered so that a replacement of it fits under a limit. */
export function outbidBy(limitWei: bigint): bigint {
  return (limitWei * BUMP_DENOMINATOR) / BUMP_NUMERATOR;
}

function bumped(wei: bigint): bigint {
  return (wei * BUMP_NUMERATOR + BUMP_DENOMINATOR - 1n) / BUMP_DENOMINATOR;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** What each speed offers on a chain without a base fee, in percent of what the node suggests. */
const LEGACY_PERCENT: Readonly<Record<Speed, bigint>> = { slow: 100n, standard: 110n, fast: 130n, fastest: 160n };

/**
 * Quotes a gas price for a chain without a base fee. Both fees are the price then.
 *
 * @param suggestedWei the node's eth_gasPrice
 */
export function quoteLegacyFees(suggestedWei: bigint, speed: Speed, capWei: bigint): FeeQuote {
  if (suggestedWei > capWei) return { ok: false, neededWei: suggestedWei };
  const wanted = (suggestedWei * LEGACY_PERCENT[speed] + 99n) / 100n;
  const price = wanted < capWei ? wanted : capWei;
  return { ok: true, fees: { maxFeePerGas: price, maxPriorityFeePerGas: price }, nextBlockWei: suggestedWei };
}
