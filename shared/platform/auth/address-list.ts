import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * Whether a text is an IP address or a CIDR block.
 *
 * @param text such as `203.0.113.7`, `203.0.113.0/24` or `2001:db8::/32`
 */
export function isAddressBlock(text: string): boolean {
  return parseBlock(text) !== undefined;
}

/**
 * Whether an address is in one of the blocks. An empty list allows every address; an address that can't be read is in
 * no block.
 */
export function isAddressAllowed(blocks: readonly string[], address: string): boolean {
  if (blocks.length === 0) return true;
  const list = new BlockList();
  for (const block of blocks) {
    const parsed = parseBlock(block);
    if (parsed !== undefined) list.addSubnet(parsed.network, parsed.prefix, parsed.family);
  }
  if (isIPv4(address)) return list.check(address, 'ipv4');
  return isIPv6(address) && list.check(address, 'ipv6');
}

function parseBlock(text: string): { network: string; prefix: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [network = '', prefixText, ...rest] = text.split('/');
  const family = isIPv4(network) ? 'ipv4' : isIPv6(network) ? 'ipv6' : undefined;
  if (family === undefined || rest.length > 0) return undefined;
  const widest = family === 'ipv4' ? 32 : 128;
  if (prefixText === undefined) return { network, prefix: widest, family };
  if (!/^(0|[1-9]\d{0,2})$/.test(prefixText) || Number(prefixText) > widest) return undefined;
  return { network, prefix: Number(prefixText), family };
}
