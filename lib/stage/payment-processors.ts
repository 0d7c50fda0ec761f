import { type ProcessorConfig, processorListSchema } from '#shared/payments/processors/processor-config.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';

/** The processors through which orders of a stage can be paid. */
export const paymentProcessorsSchema = processorListSchema
  .default([])
  .describe(
    'Processors through which orders can be paid in currencies that Haven holds no keys for; see docs/processors.md.',
  );

/** Whether each currency of each processor has a price on the chain that is named for it. */
export function arePriced({
  payment_processors: processors,
  chains,
}: {
  readonly payment_processors: readonly ProcessorConfig[];
  readonly chains: readonly ChainConfig[];
}): boolean {
  return processors.every(({ price_chain_id, currencies }) => {
    const feeds = chains.find(({ chain_id }) => chain_id === price_chain_id)?.price_feeds ?? [];
    const priced = new Set(feeds.map(({ asset }) => asset.toUpperCase()));
    return currencies.every(({ asset }) => priced.has(asset.toUpperCase()));
  });
}

/** The environment of a function that knows the processors. */
export function processorSettings({
  payment_processors,
}: {
  readonly payment_processors: readonly ProcessorConfig[];
}): Readonly<Record<string, string>> {
  return { PAYMENT_PROCESSORS: JSON.stringify(payment_processors) };
}
