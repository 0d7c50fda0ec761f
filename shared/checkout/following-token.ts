import type { Capability } from '#shared/platform/http/capability.ts';
import { shopMac } from './tokens.ts';

/**
 * The token of an order that a cart becomes: 32 bytes in base64url, as good as random for all who haven't the shop's secret and the cart's
 * token both. So who repeats a checkout, because its answer was lost, is given the same token again, though it is stored nowhere.
 *
 * @param shopKey the shop's secret
 * @param cartToken undefined: the request shows none, and is going to be refused
 */
export function followingToken(shopKey: string, orderId: string, cartToken: Capability | undefined): string {
  const mac = shopMac(shopKey, 'order-token-of-cart', [orderId, cartToken?.reveal() ?? '']);
  return Buffer.from(mac, 'hex').toString('base64url');
}
