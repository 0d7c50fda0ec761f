import { countsAsPaid, isOnChain, type Order, type Payment } from '#shared/orders/order.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { balancePaymentId } from './found-payment.ts';

/** Whether a payment is money that no transfer tells of. */
export function isBalancePayment({ on_chain }: Payment): boolean {
  return on_chain !== null && on_chain.transaction_hash === null;
}

/** A balance as of a block. */
export interface BalanceView {
  readonly block: { readonly number: number; readonly hash: string; readonly timestampSeconds: number };
  /** In base units of the order's asset. */
  readonly balance: bigint;
}

/**
 * What an order's address has as of a block beyond what its payments up to that block come to, as a payment in that block: money that a
 * contract sent along, for which there is no log, or whose log no endpoint told of. Pure; with its own result among the payments it says the same.
 *
 * @param nowMs when it is seen
 * @returns undefined: payments explain all of it
 */
export function balancePayment(
  { id, payment }: Pick<Order, 'id' | 'payment'>,
  payments: readonly Payment[],
  { block, balance }: BalanceView,
  nowMs: number,
): Payment | undefined {
  if (!isOnChain(payment)) return undefined;
  const known = payments
    .filter((one) => countsAsPaid(one) && !isBalancePayment(one))
    .filter(({ on_chain }) => on_chain !== null && on_chain.block_number <= block.number)
    .reduce((sum, { amount }) => sum + BigInt(amount), 0n);
  const excess = balance - known;
  if (excess <= 0n) return undefined;
  const ownId = balancePaymentId(payment.chain_id, payment.address);
  const before = payments.find((one) => one.id === ownId);
  if (before?.on_chain?.block_hash === block.hash && countsAsPaid(before) && before.amount === excess.toString()) {
    return before;
  }
  return {
    id: ownId,
    order_id: id,
    amount: excess.toString(),
    status: 'detected',
    block_at: isoTime(block.timestampSeconds * 1_000),
    on_chain: {
      chain_id: payment.chain_id,
      block_number: block.number,
      block_hash: block.hash,
      transaction_hash: null,
      log_index: null,
      from: null,
    },
    is_watched: true,
    detected_at: before?.detected_at ?? isoTime(nowMs),
    confirmed_at: null,
  };
}
