import type { Alert } from '#shared/alerts/alert.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { WebhookDelivery } from './delivery.ts';

/** The alert that tells that an integrator was not told of an event, and is not tried any more. All of an endpoint are about the same thing. */
export function givenUpAlert(delivery: WebhookDelivery, newId: NewId, nowMs: number): Alert {
  const { id, endpoint_id, event_id, event_type, attempts, last_error } = delivery;
  return {
    id: newId('alr'),
    severity: 'ERROR',
    category: 'circuit_open',
    summary: 'A webhook was given up: its endpoint took it at no attempt',
    // Not its URL, which may hold what only its owner should know.
    details: { endpoint_id, delivery_id: id, event_id, event_type, attempts, reason: last_error },
    dedupe_key: `${endpoint_id}#given-up`,
    occurred_at: isoTime(nowMs),
  };
}
