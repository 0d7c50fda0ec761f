import * as z from 'zod';
import type { RaisedCondition } from './condition.ts';
import type { Thresholds } from './thresholds.ts';

/**
 * How far back the baseline looks. By time and not by blocks: a thousand blocks are hours of one chain and four minutes of another, and a
 * spike that lasts minutes shall not become its own baseline.
 */
const BASELINE_MS = 60 * 60_000;
/** Samples that say what is usual, at a look each minute: fewer say nothing. */
export const MIN_SAMPLES = 10;
/** Where looks are rarer, half of those that an hour has will do. */
const SHARE_OF_SAMPLES = 2;
/** Samples nearer to each other are of one run that was repeated. */
const MIN_DISTANCE_MS = 20_000;
/** Gas that costs less is no matter, however many times dearer it got: what 100,000 of it cost is the ten millionth part of a coin. */
const NO_MATTER_WEI = 1_000_000n;
const WEI_PER_MILLIGWEI = 1_000_000n;

/** What a chain's gas cost at some instants of the last hour, as it is stored. */
export const gasBaselineSchema = z.object({
  samples: z.array(z.object({ at_ms: z.number().int(), wei: z.string() })),
  version: z.number().int().positive(),
});

/** What a chain's gas cost at some instants of the last hour. */
export type GasBaseline = z.output<typeof gasBaselineSchema>;

/** The samples with one more, without those that are too old; undefined: there is one of just now. Pure. */
export function withSample(before: GasBaseline | undefined, priceWei: bigint, nowMs: number): GasBaseline | undefined {
  const kept = (before?.samples ?? []).filter(({ at_ms }) => nowMs - at_ms < BASELINE_MS);
  if (kept.some(({ at_ms }) => Math.abs(nowMs - at_ms) < MIN_DISTANCE_MS)) return undefined;
  return { samples: [...kept, { at_ms: nowMs, wei: priceWei.toString() }], version: (before?.version ?? 0) + 1 };
}

/**
 * The median of the samples of the last hour; undefined: there are too few. Pure.
 *
 * @param intervalMinutes between two samples
 */
export function baselineWei(
  baseline: GasBaseline | undefined,
  nowMs: number,
  intervalMinutes: number,
): bigint | undefined {
  const enough = Math.min(MIN_SAMPLES, Math.floor(BASELINE_MS / 60_000 / intervalMinutes / SHARE_OF_SAMPLES));
  const recent = (baseline?.samples ?? []).filter(({ at_ms }) => nowMs - at_ms < BASELINE_MS);
  if (recent.length < enough) return undefined;
  const sorted = recent.map(({ wei }) => BigInt(wei)).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

/** What of a chain matters to the price of its gas. */
interface PricedChain {
  readonly chain_id: number;
  readonly name: string;
  readonly max_fee_per_gas_wei: string;
}

/** When a price is a spike, and how often it is looked at. */
type GasThresholds = Pick<Thresholds, 'gas_spike_threshold' | 'monitor_interval_minutes'>;

/**
 * Whether gas costs more than is usual: so many times the baseline. A price that lasts for more than half an hour is the new baseline, and no matter
 * any more. What is above what Haven offers is, and a graver one, for as long as it lasts and whatever is usual: transactions wait. Pure.
 *
 * @param before samples up to the last run: the price itself is none of what is usual
 */
export function judgeGasPrice(
  { chain_id, name, max_fee_per_gas_wei }: PricedChain,
  priceWei: bigint,
  before: GasBaseline | undefined,
  { gas_spike_threshold: threshold, monitor_interval_minutes }: GasThresholds,
  nowMs: number,
): readonly RaisedCondition[] {
  const usualWei = baselineWei(before, nowMs, monitor_interval_minutes);
  const isAboveCap = priceWei > BigInt(max_fee_per_gas_wei);
  const isSpike =
    usualWei !== undefined &&
    priceWei >= NO_MATTER_WEI &&
    priceWei * 100n >= usualWei * BigInt(Math.round(threshold * 100));
  if (!isAboveCap && !isSpike) return [];
  const usual = usualWei === undefined ? 'not known' : gwei(usualWei);
  return [
    {
      key: `gas_price:${chain_id}`,
      category: 'gas_price_spike',
      severity: isAboveCap ? 'ERROR' : 'WARNING',
      summary: isAboveCap
        ? `Gas of ${name} costs ${gwei(priceWei)} gwei, more than Haven offers: transactions wait (usual: ${usual})`
        : `Gas of ${name} costs ${gwei(priceWei)} gwei, where ${usual} is usual`,
      details: {
        ...{ chain_id, price_wei: priceWei.toString(), baseline_wei: usualWei?.toString() ?? null },
        ...{ threshold, max_fee_per_gas_wei },
      },
    },
  ];
}

/** For people: to the thousandth, rounded half up. */
function gwei(wei: bigint): string {
  const thousandths = (wei + WEI_PER_MILLIGWEI / 2n) / WEI_PER_MILLIGWEI;
  const fraction = (thousandths % 1_000n).toString().padStart(3, '0').replace(/0+$/, '');
  return `${thousandths / 1_000n}${fraction === '' ? '' : `.${fraction}`}`;
}
