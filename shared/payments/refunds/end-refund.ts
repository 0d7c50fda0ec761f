import { type ChangedBy, type OrderChange, takeSteps } from '#shared/orders/advance.ts';
import type { Order, Payment } from '#shared/orders/order.ts';
import { factsOf } from '#shared/orders/reduce.ts';
import { requireStep } from '#shared/orders/steps.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import type { TransactionEnded } from '#shared/transactions/watcher.ts';
import { nextVersion, withEntry } from './order-change.ts';
import type { Refund, SentRefund } from './refund.ts';
import { committedAmount, confirmedAmount, leftOf, openRefund } from './refund-rules.ts';

/** The end of a refund as one object: what holds before and after of it and of its order. */
export interface RefundEnd {
  readonly before: SentRefund;
  readonly after: SentRefund;
  readonly change: OrderChange;
  /**
   * What was confirmed of what is given back (for the order, or with the payment of the kind `other_asset`) and has not gone back for good, base
   * units: below zero where money has gone from the chain that was given back.
   */
  readonly remaining: bigint;
}

/** How a refund ends when its transaction ends so. */
const OUTCOMES: Readonly<Partial<Record<Transaction['status'], Exclude<SentRefund['status'], 'pending'>>>> = {
  confirmed: 'confirmed',
  reverted: 'failed',
  failed: 'failed',
  expired: 'failed',
  cancelled: 'failed',
};

/**
 * Computes how a refund ends by the end of its transaction. Pure but for new ids.
 *
 * - `confirmed`: a refunding order is refunded when all that was confirmed for it has gone back, or less was asked for. Where more was
 *   confirmed meanwhile it stays, for the operator to give that back too.
 * - anything else: nothing was sent. The order stays what it is, and another refund may be asked for.
 *
 * @returns undefined when it has ended so already: the same end told twice
 * @throws INVALID_TRANSITION when the transaction has not ended or is that of something else, or the refund ended otherwise
 */
export function endRefund(
  order: Order,
  payments: readonly Payment[],
  refunds: readonly Refund[],
  before: SentRefund,
  ended: TransactionEnded,
  by: ChangedBy,
): RefundEnd | undefined {
  const status = OUTCOMES[ended.status];
  const isOwn = ended.transaction_id === before.transaction_id;
  if (isOwn && status === before.status) return undefined;
  if (!isOwn || status === undefined || before.status !== 'pending') {
    throw new HavenError('INVALID_TRANSITION', `A ${before.status} refund can't end by a ${ended.status} transaction`, {
      details: { refund_id: before.id, transaction_id: ended.transaction_id, from: before.status, by: ended.status },
    });
  }
  const failure = status === 'failed' ? failureOf(ended) : null;
  const after: SentRefund = { ...before, status, failure, updated_at: by.at, version: before.version + 1 };
  const others = refunds.filter(({ id }) => id !== before.id);
  const remaining = remainingOf(payments, [...others, after], after);
  const isWhole = before.is_partial || remaining <= 0n;
  const endsOrder =
    status === 'confirmed' &&
    before.kind === 'order' &&
    order.status === 'refunding' &&
    isWhole &&
    openRefund(others) === undefined;
  const detail = { refund_id: before.id, transaction_id: ended.transaction_id };
  const moved = endsOrder
    ? takeSteps(order, [requireStep(order, 'refunded', 'refund', factsOf(order, payments, 0))], {}, detail, by)
    : nextVersion(order, by.at);
  const change = withEntry(
    moved,
    {
      action: `order.refund_${status}`,
      severity: status === 'failed' ? 'WARNING' : 'INFO',
      detail: { ...detail, kind: before.kind, amount: before.amount, to: before.to, transaction_status: ended.status },
    },
    by,
  );
  return { before, after, change, remaining };
}

function remainingOf(payments: readonly Payment[], refunds: readonly Refund[], { payment_id }: SentRefund): bigint {
  const gone = refunds.filter(({ status }) => status === 'confirmed');
  const payment = payments.find(({ id }) => id === payment_id);
  if (payment !== undefined) return leftOf(payment, gone);
  return confirmedAmount(payments) - committedAmount(gone);
}

function failureOf({ status, failure }: TransactionEnded): NonNullable<SentRefund['failure']> {
  const why = failure === null ? '' : `: ${failure.message}`;
  return { code: failure?.code ?? 'CONTRACT_REVERT', message: `Nothing was sent, the transaction is ${status}${why}` };
}
