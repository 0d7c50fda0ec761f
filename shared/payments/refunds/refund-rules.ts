import type { Order, OrderStatus, Payment } from '#shared/orders/order.ts';
import { countsAsPaid } from '#shared/orders/order.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import type { OwnAssetKind, Refund, RefundKind } from './refund.ts';

/** All that a refund is judged by, as it was read at once. */
export interface RefundFacts {
  readonly order: Pick<Order, 'id' | 'status' | 'payment'>;
  readonly payments: readonly Payment[];
  readonly refunds: readonly Refund[];
}

/**
 * Of orders in which status which kind of refund may be asked for. `order`: the transitions to `refunding`, and there once more when what
 * was tried before has ended. `excess`: what an order that was paid does not need; of one that was refunded, what came after that. `other_asset`:
 * of every order that waits for nothing more, as its address is swept.
 */
export const REFUNDABLE_IN: Readonly<Record<RefundKind, readonly OrderStatus[]>> = {
  order: ['paid', 'expired', 'cancelled', 'refunding'],
  excess: ['paid', 'fulfilled', 'completed', 'refunded'],
  other_asset: ['paid', 'fulfilled', 'completed', 'expired', 'cancelled', 'refunding', 'refunded'],
};

/** Orders that keep what they ask for: only what is beyond that is excess. */
const KEEPS_ITS_DUE: ReadonlySet<OrderStatus> = new Set<OrderStatus>(['paid', 'fulfilled', 'completed']);

/** What came for an order for good, in its own asset, whenever it came; base units. */
export function confirmedAmount(payments: readonly Payment[]): bigint {
  return payments
    .filter((one) => countsAsPaid(one) && one.status === 'confirmed')
    .reduce((sum, { amount }) => sum + BigInt(amount), 0n);
}

/** What has gone back of what the order asks for, or may still go; base units. */
export function committedAmount(refunds: readonly Refund[]): bigint {
  return notFailed(refunds.filter(({ kind }) => kind !== 'other_asset'));
}

function notFailed(refunds: readonly Refund[]): bigint {
  return refunds.filter(({ status }) => status !== 'failed').reduce((sum, { amount }) => sum + BigInt(amount), 0n);
}

/** The refund that is under way, if any: there is one at a time. */
export function openRefund(refunds: readonly Refund[]): Refund | undefined {
  return refunds.find(({ status }) => status === 'pending');
}

/** What an order keeps of what came for it, whatever is given back beside it; base units. */
export function keptAmount({ status, payment }: Pick<Order, 'status' | 'payment'>): bigint {
  return KEEPS_ITS_DUE.has(status) ? BigInt(payment.amount_due) : 0n;
}

/**
 * The most that may be given back now; base units. At most what is confirmed less all refunds that have not failed, whatever the kind.
 *
 * @returns zero when the order's status doesn't allow the kind, or nothing is left
 */
export function refundable({ order, payments, refunds }: RefundFacts, kind: OwnAssetKind): bigint {
  if (!REFUNDABLE_IN[kind].includes(order.status)) return 0n;
  const left = confirmedAmount(payments) - committedAmount(refunds);
  const kept = kind === 'excess' ? keptAmount(order) : 0n;
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
export function requireRefundable(facts: RefundFacts, kind: OwnAssetKind, wanted: bigint | undefined): RefundAmount {
  const { order, payments, refunds } = facts;
  const details = {
    order_id: order.id,
    from: order.status,
    confirmed: confirmedAmount(payments).toString(),
    given_back: committedAmount(refunds).toString(),
  };
  requireOpen(facts, kind, details);
  const what =
    kind === 'excess' ? 'Nothing is confirmed beyond what is kept' : 'Nothing is confirmed and not given back';
  return amountOf(wanted, refundable(facts, kind), what, details);
}

/** A payment in something that its order does not ask for, and what of it may be given back. */
export interface OtherAsset {
  readonly payment: Payment;
  /** Base units. */
  readonly left: bigint;
}

/** The confirmed payments of an order in something that it does not ask for, to an address of Haven's, of which something is left. Pure. */
export function otherAssets({ order, payments, refunds }: RefundFacts): readonly OtherAsset[] {
  if (!REFUNDABLE_IN.other_asset.includes(order.status)) return [];
  return payments
    .filter(isOtherOnChain)
    .map((payment) => ({ payment, left: leftOf(payment, refunds) }))
    .filter(({ left }) => left > 0n);
}

/** What of a payment is not given back, nor may still go; below zero where its block is gone; base units. */
export function leftOf({ id, amount, status }: Payment, refunds: readonly Refund[]): bigint {
  const came = status === 'confirmed' ? BigInt(amount) : 0n;
  return came - notFailed(refunds.filter(({ payment_id }) => payment_id === id));
}

function isOtherOnChain({ status, other_asset, on_chain }: Payment): boolean {
  return status === 'confirmed' && other_asset !== undefined && on_chain !== null;
}

/**
 * How much of a payment in something that the order does not ask for a refund gives back: at most what came with it, less what was given back of
 * it. Pure.
 *
 * @param wanted base units; undefined: all that is left
 * @throws INVALID_PARAMETER when there is no such payment; INVALID_TRANSITION, INVALID_AMOUNT as `requireRefundable`
 */
export function requireOtherAsset(
  facts: RefundFacts,
  paymentId: string,
  wanted: bigint | undefined,
): RefundAmount & Pick<OtherAsset, 'payment'> {
  const { order, payments, refunds } = facts;
  const payment = payments.find((one) => one.id === paymentId && isOtherOnChain(one));
  if (payment === undefined) {
    const what = 'must be a confirmed payment of this order in something that the order does not ask for';
    throw fieldError('INVALID_PARAMETER', 'body.payment_id', what);
  }
  const left = leftOf(payment, refunds);
  const given = (BigInt(payment.amount) - left).toString();
  const details = { order_id: order.id, from: order.status, confirmed: payment.amount, given_back: given };
  requireOpen(facts, 'other_asset', details);
  return { payment, ...amountOf(wanted, left, 'The payment is given back', details) };
}

interface Details extends Readonly<Record<string, string>> {
  readonly confirmed: string;
  readonly given_back: string;
}

function requireOpen({ order, refunds }: RefundFacts, kind: RefundKind, details: Details): void {
  if (!REFUNDABLE_IN[kind].includes(order.status)) {
    throw new HavenError('INVALID_TRANSITION', `An order that is ${order.status} has no ${kind} to refund`, {
      details,
    });
  }
  const open = openRefund(refunds);
  if (open === undefined) return;
  const why = `Refund ${open.id} of this order is under way; wait for its end`;
  throw new HavenError('INVALID_TRANSITION', why, { details: { ...details, refund_id: open.id } });
}

function amountOf(wanted: bigint | undefined, most: bigint, why: string, details: Details): RefundAmount {
  if (most <= 0n) throw new HavenError('INVALID_TRANSITION', `${why}: there is nothing to refund`, { details });
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
  const isOpen =
    REFUNDABLE_IN.order.includes(status) || refundable(facts, 'excess') > 0n || otherAssets(facts).length > 0;
  return isOpen && openRefund(facts.refunds) === undefined;
}
