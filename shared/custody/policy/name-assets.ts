import type { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import { type Asset, assetKey } from './asset.ts';
import type { AssetAmount } from './policy.ts';
import type { AskedAmount } from './policy-request.ts';

/** A token that goes by a name; undefined as long as none is configured. */
export interface NamedToken {
  readonly name: string;
  readonly chain_id: number;
  readonly address: string;
}

/**
 * Finds what the assets of a list of amounts are, once, when it is stored: what a name stood for then doesn't change
 * when the configuration does.
 *
 * @param field the list's name in the request, for errors
 * @throws INVALID_PARAMETER when a name stands for nothing or for more than one, or an asset is there twice
 */
export function nameAssets(
  asked: readonly AskedAmount[],
  chains: ChainRegistry,
  token: NamedToken | undefined,
  field: string,
): AssetAmount[] {
  const seen = new Set<string>();
  return asked.map((item, index) => {
    const at = `${field}[${index}]`;
    const asset = assetOf(item, chains, token, at);
    const key = assetKey(asset);
    if (seen.has(key)) throw fieldError('INVALID_PARAMETER', at, 'names an asset that is there already');
    seen.add(key);
    return { asset: nameOf(asset, chains, token), ...asset, amount: item.amount };
  });
}

function assetOf(asked: AskedAmount, chains: ChainRegistry, token: NamedToken | undefined, at: string): Asset {
  const { asset: name, chain_id, token_address } = asked;
  if (token_address === undefined) return assetNamed(name, chain_id, chains, token, at);
  if (chain_id === undefined) throw fieldError('INVALID_PARAMETER', `${at}.chain_id`, 'is needed with token_address');
  chains.get(chain_id, `${at}.chain_id`);
  const asset = { chain_id, token_address };
  if (name !== undefined && name !== nameOf(asset, chains, token)) {
    throw fieldError('INVALID_PARAMETER', `${at}.asset`, 'names another asset than chain_id and token_address');
  }
  return asset;
}

function assetNamed(
  name: string | undefined,
  chainId: number | undefined,
  chains: ChainRegistry,
  token: NamedToken | undefined,
  at: string,
): Asset {
  const coins = chains.all().filter(({ native_asset }) => native_asset === name);
  const named: Asset[] = coins.map(({ chain_id }) => ({ chain_id, token_address: null }));
  if (token?.name === name && token !== undefined) {
    named.push({ chain_id: token.chain_id, token_address: token.address });
  }
  const [found, ...others] = named.filter(({ chain_id }) => chainId === undefined || chain_id === chainId);
  if (found === undefined) {
    throw fieldError('INVALID_PARAMETER', `${at}.asset`, 'is none that Haven knows by a name; give its token_address');
  }
  if (others.length > 0) {
    throw fieldError('INVALID_PARAMETER', `${at}.chain_id`, 'is needed: several chains have an asset of that name');
  }
  return found;
}

function nameOf({ chain_id, token_address }: Asset, chains: ChainRegistry, token: NamedToken | undefined): string {
  if (token_address === null) return chains.get(chain_id).native_asset;
  const isToken = token?.chain_id === chain_id && token.address.toLowerCase() === token_address.toLowerCase();
  return isToken ? token.name : token_address;
}
