import { ZeroAddress } from 'ethers/constants';
import type { Order } from '#shared/orders/order.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import type { RefundStore } from './refund-store.ts';

/**
 * Refuses addresses that would lose the money, or send it in a circle: of an order (its own or any other), of the token that is sent, of
 * nobody, and of the treasury that sends it.
 *
 * @param field of the request that the address comes from
 * @param treasury undefined: not known yet, where a customer says where to
 * @throws INVALID_ADDRESS naming the field
 */
export async function refuseOwnAddress(
  { refunds }: { readonly refunds: Pick<RefundStore, 'isDepositAddress'> },
  { payment }: Pick<Order, 'payment'>,
  address: string,
  field: string,
  treasury?: string,
): Promise<void> {
  const refuse = (why: string) => fieldError('INVALID_ADDRESS', field, why);
  if (isSame(address, ZeroAddress)) throw refuse('is the address of nobody: the money would be lost');
  if (isSame(address, payment.token_address)) throw refuse('is the contract of the token: the money would be lost');
  if (isSame(address, treasury)) throw refuse('is the treasury itself');
  if (isSame(address, payment.address) || (await refunds.isDepositAddress(address))) {
    throw refuse('is an address that an order is paid to');
  }
}

function isSame(a: string, b: string | null | undefined): boolean {
  return typeof b === 'string' && a.toLowerCase() === b.toLowerCase();
}
