import { createHash } from 'node:crypto';
import * as z from 'zod';
import { isoTime } from '#shared/platform/clock.ts';
import {
  type DeliveryPolicy,
  type DeliveryStep,
  deliveryStateSchema,
  newDeliveryState,
  takeDeliveryStep,
} from '#shared/platform/delivery/delivery.ts';
import type { WebhookEvent } from './event.ts';
import { deliveriesOf, deliveriesThatAre, deliveryKey, dueDeliveries, duePosition, expiryOf } from './keys.ts';

/** What one call came to. */
const attemptSchema = z.object({
  attempt: z.number().int(),
  /** When it began; ISO 8601, UTC. */
  at: z.string(),
  duration_ms: z.number().int(),
  /** Null: there was no answer. */
  status: z.number().int().nullable(),
  /** In a few words; null: it was taken. */
  error: z.string().nullable(),
});

/** What one call came to. */
export type WebhookAttempt = z.output<typeof attemptSchema>;

/** An event to one endpoint, as it is stored. */
export const webhookDeliverySchema = deliveryStateSchema.extend({
  /** `whd_…`; told by event and endpoint. */
  id: z.string(),
  endpoint_id: z.string(),
  event_id: z.string(),
  event_type: z.string(),
  /** When the event happened; ISO 8601, UTC. */
  event_at: z.string(),
  /** The latest calls, the oldest first. A call of which nothing was heard has none. */
  calls: z.array(attemptSchema),
  /** The beginning of the latest answer, as text; null: none, or an empty one. Never trusted. */
  response_excerpt: z.string().nullable(),
  /** The latest redelivery by range that it was part of. */
  redelivery_id: z.string().nullable(),
});

/** An event to one endpoint. */
export type WebhookDelivery = z.output<typeof webhookDeliverySchema>;

/** How deliveries stand to integrators. */
export const deliveryOutcomeSchema = z.enum(['pending', 'delivered', 'failed']);

/** How a delivery stands to integrators. */
export type DeliveryOutcome = z.output<typeof deliveryOutcomeSchema>;

/** How a delivery stands to integrators. */
export function outcomeOf({ status }: Pick<WebhookDelivery, 'status'>): DeliveryOutcome {
  return status === 'given_up' ? 'failed' : status === 'delivered' ? 'delivered' : 'pending';
}

/** Longer than a call and the writes around it take at most, as of an endpoint as a whole. */
const CALL_LEASE_MS = 30_000;
/** Calls of which a delivery keeps what they came to: all of one round by the default schedule, and some. */
const KEPT_CALLS = 12;

/** Characters of a ULID, and how many of them are its time and its randomness. */
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const PREFIX_AND_TIME_CHARS = 14;
const RANDOM_CHARS = 16;

/**
 * The id of the delivery of an event to an endpoint: whoever plans it twice plans the same one. It has the event's time in front, so that
 * deliveries are listed by it.
 */
export function deliveryIdOf(eventId: string, endpointId: string): string {
  const hash = createHash('sha256').update(`${eventId}#${endpointId}`).digest();
  const random = [...hash.subarray(0, RANDOM_CHARS)].map((byte) => CROCKFORD[byte % CROCKFORD.length]).join('');
  return `whd_${eventId.slice('evt_'.length, PREFIX_AND_TIME_CHARS)}${random}`;
}

/** A delivery that is to be made now. */
export function newWebhookDelivery(event: WebhookEvent, endpointId: string, nowMs: number): WebhookDelivery {
  return {
    id: deliveryIdOf(event.id, endpointId),
    endpoint_id: endpointId,
    event_id: event.id,
    event_type: event.type,
    event_at: event.created_at,
    calls: [],
    response_excerpt: null,
    redelivery_id: null,
    ...newDeliveryState(nowMs),
  };
}

/** The item of a delivery: among what is due as long as it has not ended, and among those that stand as it does. */
export function deliveryItem(delivery: WebhookDelivery) {
  const { id, endpoint_id, next_attempt_at } = delivery;
  return {
    ...deliveryKey(id),
    ...delivery,
    gsi1pk: deliveriesOf(endpoint_id),
    gsi1sk: id,
    ...(next_attempt_at === null
      ? {}
      : { gsi2pk: dueDeliveries(endpoint_id), gsi2sk: duePosition(next_attempt_at, id) }),
    gsi3pk: deliveriesThatAre(endpoint_id, outcomeOf(delivery)),
    gsi3sk: id,
    expires_at: expiryOf(delivery.event_at),
  };
}

/**
 * By how much of itself a wait is cut at most, by chance, so that what failed together is not tried together again. No more, for the waits have
 * to add up to the days in which integrators can mend what is wrong.
 */
const JITTER_SHARE = 0.1;

/**
 * When deliveries are tried again: after each wait of a schedule, and then no more.
 *
 * @param retrySeconds the wait after the first attempt, after the second, and so on
 */
export function schedulePolicy(retrySeconds: readonly number[]): DeliveryPolicy {
  const last = retrySeconds.at(-1) ?? 0;
  const delayMs = (attempts: number, jitter: number) =>
    Math.round((retrySeconds[attempts - 1] ?? last) * 1_000 * (1 - JITTER_SHARE * (1 - jitter)));
  return {
    // A lost call waits as long as one that failed at least: what kills who makes it must not use up all attempts within minutes.
    leaseMs: (attempt) => Math.max(CALL_LEASE_MS, delayMs(attempt, 0)),
    delayMs,
    isTooLate: ({ attempts }) => attempts > retrySeconds.length,
  };
}

/** What can happen to a delivery. `internal_error`: Haven itself failed before it called. */
export type WebhookStep = DeliveryStep<'circuit_open' | 'internal_error'>;

/** What becomes of a delivery; undefined when that can't happen to it as it is. */
export function stepWebhookDelivery(
  policy: DeliveryPolicy,
  delivery: WebhookDelivery,
  step: WebhookStep,
  nowMs: number,
): WebhookDelivery | undefined {
  return takeDeliveryStep(policy, delivery, step, nowMs);
}

/** With what a call came to. */
export function withCall(
  delivery: WebhookDelivery,
  call: WebhookAttempt,
  responseExcerpt: string | null,
): WebhookDelivery {
  return {
    ...delivery,
    calls: [...delivery.calls, call].slice(-KEPT_CALLS),
    response_excerpt: responseExcerpt,
  };
}

/**
 * A delivery that is to be made once more, from the beginning of the schedule, whatever came of it before.
 *
 * @param redeliveryId the redelivery by range that asks for it; null: somebody asks for this one
 */
export function restartedDelivery(
  delivery: WebhookDelivery,
  redeliveryId: string | null,
  nowMs: number,
): WebhookDelivery {
  return {
    ...delivery,
    status: 'waiting',
    attempts: 0,
    next_attempt_at: isoTime(nowMs),
    ended_at: null,
    latency_ms: null,
    redelivery_id: redeliveryId ?? delivery.redelivery_id,
    version: delivery.version + 1,
  };
}
