import type { OnChainOrderPayment } from './order.ts';

/**
 * The payment as a URI that wallets read from a QR code (https://eips.ethereum.org/EIPS/eip-681). Amounts are whole base units, as they
 * are due: nothing is rounded here. Pure.
 */
export function paymentUri({
  chain_id,
  token_address,
  address,
  amount_due,
}: Pick<OnChainOrderPayment, 'chain_id' | 'token_address' | 'address' | 'amount_due'>): string {
  return token_address === null
    ? `ethereum:${address}@${chain_id}?value=${amount_due}`
    : `ethereum:${token_address}@${chain_id}/transfer?address=${address}&uint256=${amount_due}`;
}
