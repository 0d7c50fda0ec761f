import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import type { SweptToken } from './deposit-pass.ts';

/**
 * The tokens that orders can be paid in on a chain: its configured ones, and HAVEN where its settings name the chain. Pure.
 *
 * @param haven where the HAVEN token is; undefined: it is configured nowhere
 */
export function sweptTokens(
  { chain_id, assets = [] }: Pick<ChainConfig, 'chain_id' | 'assets'>,
  haven: { readonly chain_id: number; readonly address: string } | undefined,
): readonly SweptToken[] {
  const own = haven?.chain_id === chain_id ? [{ token_address: haven.address, minimum: 0n }] : [];
  const named = assets.map(({ token_address, min_sweep }) => ({ token_address, minimum: BigInt(min_sweep) }));
  // HAVEN may be configured as an asset, too; that says what less of it is worth.
  return [...new Map([...own, ...named].map((one) => [one.token_address.toLowerCase(), one])).values()];
}
