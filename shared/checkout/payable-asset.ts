import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';

/** What an order can be paid in. */
export interface PayableAsset {
  /** As it is configured. */
  readonly symbol: string;
  /** Null: the chain's own coin. */
  readonly tokenAddress: string | null;
  readonly decimals: number;
}

/** Haven's own token: where it is, is set at run time. */
export const HAVEN = 'HAVEN';

/** Of every chain that Haven knows. */
const NATIVE_DECIMALS = 18;

/** The part of a chain that says what orders can be paid in on it. */
type AssetChain = Pick<ChainConfig, 'chain_id' | 'native_asset' | 'assets'>;

/** Where the HAVEN token is. */
export interface HavenToken {
  readonly chain_id: number;
  readonly address: string;
  readonly decimals: number;
}

/**
 * What orders can be paid in on a chain: its own coin, its configured tokens, and the HAVEN token where its settings name the chain. Pure.
 *
 * @param token the settings of the HAVEN token, if there are any
 */
export function payableAssets(chain: AssetChain, token: HavenToken | undefined): readonly PayableAsset[] {
  return [
    { symbol: chain.native_asset, tokenAddress: null, decimals: NATIVE_DECIMALS },
    ...(chain.assets ?? []).map((one) => ({
      symbol: one.symbol,
      tokenAddress: one.token_address,
      decimals: one.decimals,
    })),
    ...(token?.chain_id === chain.chain_id
      ? [{ symbol: HAVEN, tokenAddress: token.address, decimals: token.decimals }]
      : []),
  ];
}

/**
 * Finds what an order is to be paid in, among what orders can be paid in on its chain. Pure.
 *
 * @param token the settings of the HAVEN token, if there are any
 * @throws INVALID_PARAMETER naming the assets that there are
 */
export function payableAsset(chain: AssetChain, symbol: string, token: HavenToken | undefined): PayableAsset {
  const assets = payableAssets(chain, token);
  const found = assets.find((one) => isSame(one.symbol, symbol));
  if (found !== undefined) return found;
  const known = assets.map((one) => one.symbol);
  throw new HavenError('INVALID_PARAMETER', `Orders on chain ${chain.chain_id} can't be paid in that asset`, {
    details: { fields: [{ field: 'body.asset', message: 'is not an asset of this chain' }], known_assets: known },
  });
}

/** Whether an asset is Haven's own token. */
export function isHaven(symbol: string): boolean {
  return isSame(symbol, HAVEN);
}

/** Symbols are told apart by more than case: price feeds are, too. */
function isSame(a: string, b: string): boolean {
  return a.toUpperCase() === b.toUpperCase();
}
