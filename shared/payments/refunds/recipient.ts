import { ZeroAddress } from 'ethers/constants';
import type { Deadline } from '#shared/platform/deadline.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import type { TreasuryChain } from './look-at-treasury.ts';
import type { RefundAddress } from './refund.ts';
import type { RefundStore } from './refund-store.ts';
import type { RefundedAsset } from './refunded-asset.ts';

/** Where money goes, who said so, and in which field of the request. */
export interface Recipient {
  readonly to: string;
  readonly from: 'operator' | 'customer';
  readonly field: 'body.to' | 'body.claimed_address';
}

/** What an operator says of where to. */
export interface RecipientWish {
  /** An address with its checksum. */
  readonly to?: string | undefined;
  /** The address that the customer claimed, as the operator saw it. */
  readonly claimed_address?: string | undefined;
}

/**
 * Where the money goes: what the operator names, or what the customer claims now, if that is what the operator saw. Whoever has the order's
 * token can claim another at any moment, also after an operator has looked at it. Pure.
 *
 * @throws INVALID_PARAMETER when not exactly one of both is named, INVALID_ADDRESS when another was claimed meanwhile, or none
 */
export function recipientOf({ to, claimed_address }: RecipientWish, claimed: RefundAddress | undefined): Recipient {
  if ((to === undefined) === (claimed_address === undefined)) {
    const what = 'must say where to, or claimed_address that the customer has claimed it: one of both';
    throw fieldError('INVALID_PARAMETER', 'body.to', what);
  }
  if (to !== undefined) return { to, from: 'operator', field: 'body.to' };
  if (claimed_address !== undefined && isSame(claimed_address, claimed?.address)) {
    return { to: claimed_address, from: 'customer', field: 'body.claimed_address' };
  }
  const what = 'is not what the customer claims now: look again';
  throw fieldError('INVALID_ADDRESS', 'body.claimed_address', what);
}

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
  { token_address, address: paidTo }: { readonly token_address: string | null; readonly address: string | null },
  address: string,
  field: string,
  treasury?: string,
): Promise<void> {
  const refuse = (why: string) => fieldError('INVALID_ADDRESS', field, why);
  if (isSame(address, ZeroAddress)) throw refuse('is the address of nobody: the money would be lost');
  if (isSame(address, token_address)) throw refuse('is the contract of the token: the money would be lost');
  if (isSame(address, treasury)) throw refuse('is the treasury itself');
  if (isSame(address, paidTo) || (await refunds.isDepositAddress(address))) {
    throw refuse('is an address that an order is paid to');
  }
}

/**
 * Refuses coin to a claimed address that runs code: a stranger would say for what the treasury pays gas. Tokens call nobody, and an
 * operator who names `to` knows whose contract it is.
 *
 * @throws INVALID_ADDRESS naming the field, RPC_CONNECTION
 */
export async function refuseClaimedCode(
  look: Pick<TreasuryChain, 'hasCode'>,
  { to, from, field }: Recipient,
  { chain_id, token_address }: RefundedAsset,
  deadline: Deadline,
): Promise<void> {
  if (!isGasGuarded(from, token_address)) return;
  if (!(await look.hasCode(chain_id, to, deadline))) return;
  throw fieldError('INVALID_ADDRESS', field, 'has code that would run: name it as `to` if you know it');
}

/** Whether gas is kept to what a plain transfer takes. Pure. */
export function isGasGuarded(from: Recipient['from'], tokenAddress: string | null): boolean {
  return from === 'customer' && tokenAddress === null;
}

function isSame(a: string, b: string | null | undefined): boolean {
  return typeof b === 'string' && a.toLowerCase() === b.toLowerCase();
}
