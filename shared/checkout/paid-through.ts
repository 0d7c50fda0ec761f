import type { PooledWallet } from '#shared/custody/deposit-pool/pool-rows.ts';
import type {
  ProcessorConfig,
  ProcessorCurrency,
  ProcessorRegistry,
} from '#shared/payments/processors/processor-config.ts';
import type { ChainConfig, ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { PayableAsset } from './payable-asset.ts';

/** How the customer wants to pay: on a chain, or through a processor. */
export type PaidThrough =
  | { readonly kind: 'chain'; readonly chain: ChainConfig }
  | { readonly kind: 'processor'; readonly processor: ProcessorConfig };

/** Where the money goes: to a deposit wallet, or to a processor. */
export type Payee =
  | { readonly kind: 'wallet'; readonly chain: ChainConfig; readonly wallet: PooledWallet }
  | { readonly kind: 'processor'; readonly processor: ProcessorConfig };

/**
 * How the customer wants to pay. The route has seen to it that exactly one of both is named.
 *
 * @throws INVALID_PARAMETER for one that isn't configured
 */
export function paidThrough(
  { chains, processors }: { readonly chains: ChainRegistry; readonly processors: ProcessorRegistry },
  { chain_id, processor }: { readonly chain_id?: number | undefined; readonly processor?: string | undefined },
): PaidThrough {
  if (processor !== undefined) return { kind: 'processor', processor: processors.choose(processor) };
  if (chain_id !== undefined) return { kind: 'chain', chain: chains.get(chain_id, 'body.chain_id') };
  throw new Error('A checkout names neither a chain nor a processor');
}

/** The chain whose sources tell the price: that on which is paid, or the one that the processor's configuration names. */
export function pricingChain(through: PaidThrough): number {
  return through.kind === 'chain' ? through.chain.chain_id : through.processor.price_chain_id;
}

/**
 * What an order is to be paid in through a processor. Pure.
 *
 * @param symbol in any case
 * @throws INVALID_PARAMETER naming the assets that there are
 */
export function payableAtProcessor({ name, currencies }: ProcessorConfig, symbol: string): PayableAsset {
  const found = currencyOf(currencies, symbol);
  if (found !== undefined) return { symbol: found.asset, tokenAddress: null, decimals: found.decimals };
  throw new HavenError('INVALID_PARAMETER', `Orders through ${name} can't be paid in that asset`, {
    details: {
      fields: [{ field: 'body.asset', message: 'is not an asset of this processor' }],
      known_assets: currencies.map(({ asset }) => asset),
    },
  });
}

function currencyOf(currencies: readonly ProcessorCurrency[], symbol: string): ProcessorCurrency | undefined {
  return currencies.find(({ asset }) => asset.toUpperCase() === symbol.toUpperCase());
}

/** Of an order's payment, what says where the money goes. Pure. */
export function payeeFields(payee: Payee, { symbol, tokenAddress }: PayableAsset) {
  if (payee.kind === 'wallet') {
    const { chain, wallet } = payee;
    return {
      chain_id: chain.chain_id,
      token_address: tokenAddress,
      address: wallet.address,
      wallet_id: wallet.walletId,
      required_confirmations: chain.required_confirmations,
    };
  }
  const { name, currencies } = payee.processor;
  return {
    chain_id: null,
    processor: { name, invoice_id: null, uri: null },
    token_address: null,
    address: null,
    wallet_id: null,
    required_confirmations: currencyOf(currencies, symbol)?.required_confirmations ?? 0,
  };
}
