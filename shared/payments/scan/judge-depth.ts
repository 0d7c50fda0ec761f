import { isOnChain, type Order, type Payment } from '#shared/orders/order.ts';
import type { PaymentEvidence, PaymentQuestion } from '#shared/platform/chain/payment-evidence.ts';
import { isoTime } from '#shared/platform/clock.ts';

/** Blocks beyond its confirmations for which a payment's block is still looked at: two epochs of Ethereum, after which it is final. */
export const WATCHED_BEYOND = 64;

/** How deep a block is, itself counted; 0 or less: it is above the last block that was read. */
export function depthOf(blockNumber: number, lastRead: number): number {
  return lastRead - blockNumber + 1;
}

/** How deep a payment must be to count for good: what its order says, or its chain, where the order is to be paid on another. */
export function requiredDepth(
  { payment }: Pick<Order, 'payment'>,
  chain: { readonly chain_id: number; readonly required_confirmations: number },
): number {
  return payment.chain_id === chain.chain_id ? payment.required_confirmations : chain.required_confirmations;
}

/** Whether it is time to look at a watched payment again. */
export function isToLookAt(status: Payment['status'], depth: number, required: number): boolean {
  return depth >= (status === 'confirmed' ? required + WATCHED_BEYOND : required);
}

/**
 * What a chain is asked of a payment.
 *
 * @returns undefined: it is on no chain
 */
export function questionOf({ on_chain }: Payment, { payment }: Pick<Order, 'payment'>): PaymentQuestion | undefined {
  if (on_chain === null || !isOnChain(payment)) return undefined;
  const { transaction_hash, log_index, block_number } = on_chain;
  if (transaction_hash === null) {
    return {
      kind: 'balance',
      address: payment.address,
      tokenAddress: payment.token_address,
      blockNumber: block_number,
    };
  }
  return log_index === null
    ? { kind: 'coin', transactionHash: transaction_hash }
    : { kind: 'log', transactionHash: transaction_hash, logIndex: log_index };
}

/** What evidence says of a payment as it is stored: that it is so, that it is not, or nothing. */
export type Verdict = 'same' | 'differs' | 'untold';

/**
 * Holds evidence against a payment as it is stored. Pure.
 *
 * For a balance only that it is at least the payment: what else is there is told by other payments.
 */
export function verdictOf(payment: Payment, order: Pick<Order, 'payment'>, evidence: PaymentEvidence): Verdict {
  if (evidence.kind === 'untold') return 'untold';
  if (evidence.kind === 'absent' || evidence.blockHash !== payment.on_chain?.block_hash) return 'differs';
  if (evidence.to !== order.payment.address?.toLowerCase()) return 'differs';
  const isOther = payment.other_asset !== undefined;
  if (!isOther && evidence.tokenAddress !== (order.payment.token_address?.toLowerCase() ?? null)) return 'differs';
  const amount = BigInt(payment.amount);
  const isThere = payment.on_chain.transaction_hash === null ? evidence.amount >= amount : evidence.amount === amount;
  return isThere ? 'same' : 'differs';
}

/**
 * What becomes of a payment that the chain still has as it is stored. Pure.
 *
 * @param nowMs when that is known
 * @returns the same object when nothing changes
 */
export function afterLook(payment: Payment, depth: number, required: number, nowMs: number): Payment {
  if (!isToLookAt(payment.status, depth, required)) return payment;
  if (payment.status === 'detected') return { ...payment, status: 'confirmed', confirmed_at: isoTime(nowMs) };
  return payment.status === 'confirmed' ? { ...payment, is_watched: false } : payment;
}
