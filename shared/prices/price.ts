import type { Decimal } from '#shared/platform/money/decimal.ts';

/** What is priced, in what, on which chain. */
export interface Pair {
  readonly chainId: number;
  /** Symbol, as it is configured. */
  readonly asset: string;
  /** ISO 4217 code. */
  readonly currency: string;
}

/** A price as its source says it: of one whole unit of the asset, in whole units of the currency. */
export interface QuotedPrice extends Decimal {
  /** When the source last updated it, in seconds since the Unix epoch; null: never, or at no time there is. */
  readonly updatedAtSeconds: number | null;
  /** After which block it was read; null: it is on no chain. */
  readonly blockNumber: number | null;
  /** That block's time, in seconds since the Unix epoch: what its age counts by. */
  readonly readAtSeconds: number | null;
}

/** A price that may be used. */
export interface Price extends Pair, QuotedPrice {
  readonly source: 'chainlink' | 'fixed';
}

/** Why a price may not be used. */
export const PRICE_FAULTS = [
  'no_answer',
  'incomplete',
  'not_positive',
  'future',
  'stale',
  'out_of_bounds',
  'deviating',
  'reference_unusable',
  'sequencer_down',
  'sequencer_unknown',
  'sequencer_grace',
  'chain_time',
] as const;

/** Why a price may not be used. */
export type PriceFault = (typeof PRICE_FAULTS)[number];
