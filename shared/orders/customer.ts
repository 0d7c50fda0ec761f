import { shopMac } from '#shared/checkout/tokens.ts';

/**
 * Whose orders an e-mail address lists: a keyed hash, so that the address stands in no key of a table, and who sees keys can't try addresses.
 * However it is written, in capitals or not, it is the same customer: mail providers agree on that, though RFC 5321, 2.4, does not ask it of them.
 *
 * @param shopKey the shop's secret; with another, nobody's earlier orders are found
 */
export function customerOf(shopKey: string, email: string): string {
  return shopMac(shopKey, 'customer-email', email.toLowerCase());
}
