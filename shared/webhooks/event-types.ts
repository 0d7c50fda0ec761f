import * as z from 'zod';
import type { OrderEvent } from '#shared/orders/transitions.ts';
import type { TransactionEvent } from '#shared/transactions/event-notice.ts';

/** What each event of an order says to integrators (docs/webhooks.md has the same as a table). */
const ORDER_EVENTS = {
  'order.created': 'An order was placed: it waits for money.',
  'order.confirming': 'Enough has been seen on chain; it is not deep enough yet.',
  'order.payment_lost': 'A payment that was counted has gone from the chain: the order waits for money again.',
  'order.paid': 'The order is paid, and that is final: what it ordered can be given away.',
  'order.fulfilled': 'What was ordered has been given away.',
  'order.completed': 'Nothing is left to do about the order.',
  'order.expired': 'The deadline has passed without enough money; its pieces are free again.',
  'order.cancelled': 'The order was cancelled; its pieces are free again.',
  'order.refunding': 'Money of the order is being given back.',
  'order.refunded': 'Money of the order was given back, and that is final.',
  'order.partially_paid': 'Something was paid, and not enough.',
  'order.overpaid': 'More was paid than is due.',
  'order.paid_late': 'Money came after the order had expired.',
  'order.other_asset': 'Something came to the address of the order that it does not ask for.',
} as const satisfies Readonly<Record<OrderEvent, string>>;

/** What each event of a transaction says to integrators. Told of those only of which the request or the stage says so (docs/webhooks.md). */
const TRANSACTION_EVENTS = {
  'transaction.submitted': 'A node has taken the signed transaction: `hash` is known, and may still change.',
  'transaction.replaced': 'It was signed anew, with other fees or to be cancelled: `hash` is that of the new version.',
  'transaction.confirmed': 'It was executed, and that is final.',
  'transaction.reverted': 'It was mined and did nothing but cost its fee, and that is final.',
  'transaction.failed': 'It was not executed, and never will be; `failure` says why.',
  'transaction.cancelled': 'It was not executed, because somebody cancelled it.',
  'transaction.expired': 'It was not executed: `valid_until` had passed.',
} as const satisfies Readonly<Record<TransactionEvent, string>>;

/** Every type of event that an endpoint can be told, with what it says. */
export const WEBHOOK_EVENTS = {
  ...ORDER_EVENTS,
  ...TRANSACTION_EVENTS,
  'webhook.test':
    'Somebody asked for a test of this endpoint. Sent to that endpoint only, whatever it is subscribed to.',
} as const;

/** A type of event. */
export type WebhookEventType = keyof typeof WEBHOOK_EVENTS;

/** Types that endpoints subscribe to: the test event is sent without. */
const SUBSCRIBABLE = [...Object.keys(ORDER_EVENTS), ...Object.keys(TRANSACTION_EVENTS)];

/** What an endpoint may subscribe to: a type, all of a kind, or everything. */
const PATTERNS: readonly string[] = ['*', 'order.*', 'transaction.*', ...SUBSCRIBABLE];

/** What an endpoint subscribes to. A name that is not known is refused: it would never be told of anything. */
export const eventPatternSchema = z.enum(PATTERNS, {
  error: `INVALID_PARAMETER: must be one of ${PATTERNS.join(', ')}`,
});

/** Whether somebody who subscribes to these hears of events of a type. */
export function subscribesTo(patterns: readonly string[], type: WebhookEventType): boolean {
  const kind = `${type.slice(0, type.indexOf('.'))}.*`;
  return patterns.some((pattern) => pattern === '*' || pattern === type || pattern === kind);
}
