import * as z from 'zod';
import type { Order } from '#shared/orders/order.ts';
import type { OrderEvent } from '#shared/orders/transitions.ts';

/** What a mail to a customer is about. */
export const mailKindSchema = z.enum([
  'awaiting_payment',
  'partially_paid',
  'payment_lost',
  'paid',
  'fulfilled',
  'expired',
  'paid_late',
  'cancelled',
  'refunded',
]);

/** What a mail to a customer is about. */
export type MailKind = z.output<typeof mailKindSchema>;

/**
 * Which events of an order customers are mailed of. Null: they are not. `confirming` and `refunding` are followed by what customers wait for;
 * an excess is told in the mail that says `paid`; money of another asset is for operators to look at; `completed` ends what was told before.
 */
const MAIL_OF_EVENT: Readonly<Record<OrderEvent, MailKind | null>> = {
  'order.created': 'awaiting_payment',
  'order.confirming': null,
  'order.payment_lost': 'payment_lost',
  'order.paid': 'paid',
  'order.fulfilled': 'fulfilled',
  'order.completed': null,
  'order.expired': 'expired',
  'order.cancelled': 'cancelled',
  'order.refunding': null,
  'order.refunded': 'refunded',
  'order.partially_paid': 'partially_paid',
  'order.overpaid': null,
  'order.paid_late': 'paid_late',
  'order.other_asset': null,
};

/** The mail that an event makes; undefined: none. */
export function mailOfEvent(event: OrderEvent): MailKind | undefined {
  return MAIL_OF_EVENT[event] ?? undefined;
}

/** What of an order decides whether a mail still says how things are. */
type OrderFacts = Pick<Order, 'status' | 'flags'>;

const STILL_TRUE: Readonly<Record<MailKind, (order: OrderFacts) => boolean>> = {
  awaiting_payment: ({ status, flags }) => status === 'awaiting_payment' && !flags.includes('partially_paid'),
  partially_paid: ({ status, flags }) => status === 'awaiting_payment' && flags.includes('partially_paid'),
  // Before it was paid for good; or after that, when its money has gone from the chain.
  payment_lost: ({ status, flags }) =>
    status === 'awaiting_payment' || (isCoveredForGood(status) && flags.includes('partially_paid')),
  paid: ({ status }) => status === 'paid',
  fulfilled: ({ status }) => status === 'fulfilled' || status === 'completed',
  expired: ({ status }) => status === 'expired',
  paid_late: ({ status, flags }) => status === 'expired' && flags.includes('paid_late'),
  cancelled: ({ status }) => status === 'cancelled',
  refunded: ({ status }) => status === 'refunded',
};

/** Whether payments have covered an order for good. */
export function isCoveredForGood(status: Order['status']): boolean {
  return status === 'paid' || status === 'fulfilled' || status === 'completed';
}

/** Whether a mail still says how things are with the order: one that does not is never sent. Pure. */
export function isStillTrue(kind: MailKind, order: OrderFacts): boolean {
  return STILL_TRUE[kind](order);
}
