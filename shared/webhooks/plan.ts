import { MAX_TRANSACTION_ITEMS, type WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { newWebhookDelivery } from './delivery.ts';
import { putDelivery } from './delivery-store.ts';
import { eventItem, type WebhookEvent } from './event.ts';
import { needsWake, type Standing, wokenStanding } from './standing.ts';
import { putStanding, StandingRaced } from './standing-store.ts';

/** Endpoints of which a transaction takes deliveries: each is one item or two, beside the event and the fact that it is of. */
export const ENDPOINTS_AT_ONCE = Math.floor((MAX_TRANSACTION_ITEMS - 3) / 2);

/**
 * Adds an event's deliveries to endpoints to a transaction, each to be made now.
 *
 * @param table the notify table
 * @param standings how each of the endpoints stands, as it was just read; `ENDPOINTS_AT_ONCE` at most
 */
export function planDeliveries(
  write: WriteTransaction,
  table: string,
  event: WebhookEvent,
  standings: readonly Standing[],
  nowMs: number,
): void {
  for (const standing of standings) {
    putDelivery(write, table, undefined, newWebhookDelivery(event, standing.endpoint_id, nowMs));
    if (needsWake(standing, nowMs)) putStanding(write, table, standing, wokenStanding(standing, nowMs));
  }
}

/** Adds an event to a transaction, if absent. */
export function putEvent(write: WriteTransaction, table: string, event: WebhookEvent): void {
  write.put(table, eventItem(event), () => new StandingRaced());
}
