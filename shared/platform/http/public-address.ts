import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * What is not the public internet, of IPv4
 * (https://www.iana.org/assignments/iana-ipv4-special-registry): this network, private, shared (CGNAT), loopback, link-local
 * (cloud metadata too), protocol assignments, documentation, 6to4 relays, benchmarks, multicast, reserved, broadcast.
 */
const SPECIAL_IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** Of IPv6 only this is handed out to networks; mapped, translated, local, link-local and multicast addresses are all outside. */
const GLOBAL_UNICAST: readonly [string, number] = ['2000::', 3];

/**
 * What is not the public internet inside of that (https://www.iana.org/assignments/iana-ipv6-special-registry): protocol assignments
 * (Teredo and ORCHID among them), documentation, and 6to4, in which an IPv4 address of any kind may hide.
 */
const SPECIAL_IPV6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const special = new BlockList();
for (const [network, prefix] of SPECIAL_IPV4) special.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of SPECIAL_IPV6) special.addSubnet(network, prefix, 'ipv6');
const globalUnicast = new BlockList();
globalUnicast.addSubnet(...GLOBAL_UNICAST, 'ipv6');

/**
 * Whether an address is one of the public internet: the only ones to which Haven sends what others told it to send there. What
 * can't be read as an address is not.
 *
 * @param address in text, without brackets
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !special.check(address, 'ipv4');
  // An address with a zone is of one link.
  if (!isIPv6(address) || address.includes('%')) return false;
  return globalUnicast.check(address, 'ipv6') && !special.check(address, 'ipv6');
}
