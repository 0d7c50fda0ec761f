import { processorListSchema } from '#shared/payments/processors/processor-config.ts';

/** A processor of each kind, as a stage would name them. */
export const TEST_PROCESSORS = processorListSchema.parse([
  {
    name: 'kryptoexpress',
    kind: 'kryptoexpress',
    price_chain_id: 31_337,
    currencies: [{ asset: 'BTC' }, { asset: 'LTC' }, { asset: 'USDT', code: 'USDT_TRC20' }],
  },
  {
    name: 'acme',
    kind: 'standard-webhooks',
    price_chain_id: 31_337,
    currencies: [{ asset: 'BTC' }, { asset: 'SOL' }],
  },
]);
