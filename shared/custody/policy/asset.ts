/** The native coin of a chain, or an ERC-20 on it. */
export interface Asset {
  readonly chain_id: number;
  /** With its EIP-55 checksum; null: the chain's own coin. */
  readonly token_address: string | null;
}

/** One text for one asset, whatever the case of its address: `31337:native`, `31337:0x…`. */
export function assetKey({ chain_id, token_address }: Asset): string {
  return `${chain_id}:${token_address === null ? 'native' : token_address.toLowerCase()}`;
}
