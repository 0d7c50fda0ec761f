import type { Order, OrderStatus, Payment } from '#shared/orders/order.ts';
import { countsAsPaid } from '#shared/orders/order.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import type { Refund, RefundKind } from './refund.ts';

/** All that a refund is judged by, as it was read at once. */
export interface RefundFacts {
  readonly order: Pick<Order, 'id' | 'status' | 'payment'>;
  readonly payments: readonly Payment[];
  readonly refunds: readonly Refund[];
}

/**
 * Of orders in which status which kind of refund may be asked for. `order`: the transitions to `refunding`, and there once more when what
 * was tried before has ended. `excess`: what an order that was paid does not need; of one that was refunded, what came after that.
 */
export const REFUNDABLE_IN: Readonly<Record<RefundKind, readonly OrderStatus[]>> = {
  order: ['paid', 'expired', 'cancelled', 'refunding'],
  excess: ['paid', 'fulfilled', 'completed', 'refunded'],
};

/** Orders that keep what they ask for: only what is beyond that is excess. */
const KEEPS_ITS_DUE: ReadonlySet<OrderStatus> = new Set<OrderStatus>(['paid', 'fulfilled', 'completed']);

/** What came for an order for good, in its own asset, whenever it came; base units. */
export function confirmedAmount(payments: readonly Payment[]): bigint {
  return payments
    .filter((one) => countsAsPaid(one) && one.status === 'confirmed')
    .reduce((sum, { amount }) => sum + BigInt(amount), 0n);
}

/** What has gone back, or may still go; base units. */
export function committedAmount(refunds: readonly Refund[]): bigint {
  return refunds.filter(({ status }) => status !== 'failed').reduce((sum, { amount }) => sum + BigInt(amount), 0n);
}

/** The refund that is under way, if any: there is one at a time. */
export function openRefund(refunds: readonly Refund[]): Refund | undefined {
  return refunds.find(({ status }) => status === 'pending');
}

/**
 * The most that may be given back now; base units. At most what is confirmed less all refunds that have not failed, whatever the kind.
 *
 * @returns zero when the order's status doesn't allow the kind, or nothing is left
 */
export function refundable({ order, payments, refunds }: RefundFacts, kind: RefundKind): bigint {
  if (!REFUNDABLE_IN[kind].includes(order.status)) return 0n;
  const left = confirmedAmount(payments) - committedAmount(refunds);
  const kept = kind === 'excess' && KEEPS_ITS_DUE.has(order.status) ? BigInt(order.payment.amount_due) : 0n;
  return left > kept ? left - kept : 0n;
}

/** How much is given back. */
export interface RefundAmount {
  /** Base units, above zero. */
  readonly amount: bigint;
  /** Whether it is less than could be given back. */
  readonly isPartial: boolean;
}

/**
 * How much a refund that somebody asks for gives back. Pure.
 *
 * @param wanted base units; undefined: all that may be
 * @throws INVALID_TRANSITION when the status doesn't allow it, another refund is under way or there is nothing to give back; INVALID_AMOUNT
 *   naming the field when there is less than is wanted
 */
export function requireRefundable(facts: RefundFacts, kind: RefundKind, wanted: bigint | undefined): RefundAmount {
  const { order, payments, refunds } = facts;
  const details = {
    order_id: order.id,
    from: order.status,
    confirmed: confirmedAmount(payments).toString(),
    given_back: committedAmount(refunds).toString(),
  };
  if (!REFUNDABLE_IN[kind].includes(order.status)) {
    throw new HavenError('INVALID_TRANSITION', `An order that is ${order.status} has no ${kind} to refund`, {
      details,
    });
  }
  const open = openRefund(refunds);
  if (open !== undefined) {
    const why = `Refund ${open.id} of this order is under way; wait for its end`;
    throw new HavenError('INVALID_TRANSITION', why, { details: { ...details, refund_id: open.id } });
  }
  const most = refundable(facts, kind);
  if (most === 0n) {
    const what =
      kind === 'excess' ? 'Nothing is confirmed beyond what is kept' : 'Nothing is confirmed and not given back';
    throw new HavenError('INVALID_TRANSITION', `${what}: there is nothing to refund`, { details });
  }
  if (wanted === undefined) return { amount: most, isPartial: false };
  if (wanted <= 0n || wanted > most) {
    const beyond = `must be above zero and at most ${most}: ${details.confirmed} is confirmed, ${details.given_back} given back`;
    throw fieldError('INVALID_AMOUNT', 'body.amount', beyond);
  }
  return { amount: wanted, isPartial: wanted < most };
}

/** Whether a customer may say where the money goes: as long as some may go back, and none is on its way. */
export function mayClaimAddress(facts: RefundFacts): boolean {
  const { status } = facts.order;
  // There money may come late, or a try may have failed: whether or not some is confirmed by now.
  const isOpen = REFUNDABLE_IN.order.includes(status) || refundable(facts, 'excess') > 0n;
  return isOpen && openRefund(facts.refunds) === undefined;
}
