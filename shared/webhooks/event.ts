import * as z from 'zod';
import type { Order } from '#shared/orders/order.ts';
import { orderView, toOrderView } from '#shared/orders/view.ts';
import type { TransactionNotice } from '#shared/transactions/event-notice.ts';
import type { WebhookEventType } from './event-types.ts';
import { eventKey, expiryOf } from './keys.ts';

/** An event, as it is stored: what it says is written once, and is the same for every endpoint and attempt. */
export const webhookEventSchema = z.object({
  /** `evt_…`; also the header `webhook-id`. */
  id: z.string(),
  type: z.string(),
  /** When it happened; ISO 8601, UTC. */
  created_at: z.string(),
  /** What is sent, exactly. */
  body: z.string(),
});

/** An event. */
export type WebhookEvent = z.output<typeof webhookEventSchema>;

/** The item of an event. */
export function eventItem(event: WebhookEvent) {
  return { ...eventKey(event.id), ...event, expires_at: expiryOf(event.created_at) };
}

/**
 * An order as integrators are told of it: what the API shows, but for the customer's e-mail address. That is personal data, which a body that
 * is stored, sent again and logged by others is no place for; who may read orders reads it there.
 */
export const orderEventData = orderView.omit({ email: true });

/** The body of any event, as Standard Webhooks has it. */
export const eventBodySchema = z.strictObject({
  type: z.string(),
  timestamp: z.string(),
  data: z.record(z.string(), z.unknown()),
});

interface EventFacts {
  readonly id: string;
  readonly type: WebhookEventType;
  /** ISO 8601, UTC. */
  readonly created_at: string;
}

function eventOf({ id, type, created_at }: EventFacts, data: object): WebhookEvent {
  return { id, type, created_at, body: JSON.stringify({ type, timestamp: created_at, data }) };
}

/** An event of an order. The order is as it is when the event is written down, a moment after it happened; `version` says which. */
export function orderEvent(facts: EventFacts, order: Order): WebhookEvent {
  return eventOf(facts, orderEventData.parse(toOrderView(order)));
}

/** An event of a transaction, as it was when that happened. */
export function transactionEvent({ id, event, transaction, created_at }: TransactionNotice): WebhookEvent {
  return eventOf({ id, type: event, created_at }, transaction);
}

/** The event that somebody asks for to see whether an endpoint works. */
export function testEvent(facts: Omit<EventFacts, 'type'>, endpointId: string): WebhookEvent {
  return eventOf({ ...facts, type: 'webhook.test' }, { endpoint_id: endpointId });
}
