/** Keys of webhook endpoints, events and deliveries in the notify table. docs/data-model.md lists the access patterns they serve. */

/** An endpoint, for ever: its audit stream ends in it. */
export function endpointKey(endpointId: string) {
  return { pk: `WEBHOOK_ENDPOINT#${endpointId}`, sk: 'ENDPOINT' };
}

/**
 * The partition that lists all endpoints that are not deleted, by rows that are nothing but their key: no index, so that whoever makes events
 * sees an endpoint as soon as it is made.
 */
export const ALL_ENDPOINTS = 'WEBHOOK_ENDPOINTS';

/** The row of an endpoint in the list: put and removed in the writes that make and delete it. */
export function listedEndpointKey(endpointId: string) {
  return { pk: ALL_ENDPOINTS, sk: endpointId };
}

/** What is to be done about an endpoint, and by whom: apart from the endpoint, because whoever delivers changes it all the time. */
export function standingKey(endpointId: string) {
  return { pk: `WEBHOOK_STANDING#${endpointId}`, sk: 'STANDING' };
}

/** Partitions of the index of endpoints about which something is to be done. */
export const DUE_ENDPOINT_SHARDS = 4;

/** The partition of a shard of gsi2; its sort key is `duePosition`. */
export function dueEndpoints(shard: number): string {
  return `DUE_ENDPOINTS#${shard}`;
}

/** An event, for a time: what every endpoint is told of it. */
export function eventKey(eventId: string) {
  return { pk: `WEBHOOK_EVENT#${eventId}`, sk: 'EVENT' };
}

/** An event to one endpoint, for a time. */
export function deliveryKey(deliveryId: string) {
  return { pk: `WEBHOOK_DELIVERY#${deliveryId}`, sk: 'DELIVERY' };
}

/** The partition of gsi1 that lists the deliveries to an endpoint; its sort key is the delivery's id. */
export function deliveriesOf(endpointId: string): string {
  return `WEBHOOK_DELIVERIES#${endpointId}`;
}

/** The partition of gsi3 that lists those of them that stand so: `pending`, `delivered`, `failed`. */
export function deliveriesThatAre(endpointId: string, outcome: string): string {
  return `WEBHOOK_DELIVERIES#${endpointId}#${outcome}`;
}

/** The partition of gsi2 that lists deliveries to an endpoint that have not ended; its sort key is `duePosition`. */
export function dueDeliveries(endpointId: string): string {
  return `DUE_DELIVERIES#${endpointId}`;
}

/** Where something stands among what is due: by when, in ISO 8601. */
export function duePosition(dueAt: string, id: string): string {
  return `${dueAt}#${id}`;
}

/** The place behind everything that is due by a time. */
export function dueBy(nowMs: number): string {
  return duePosition(new Date(nowMs).toISOString(), '~');
}

/** How long events and deliveries are kept, so that what an integrator missed over a month's end can be sent again. */
export const KEPT_DAYS = 30;
const DAY_SECONDS = 86_400;

/** When a row that tells of that time expires, in seconds since the Unix epoch. */
export function expiryOf(at: string): number {
  return Math.floor(Date.parse(at) / 1_000) + KEPT_DAYS * DAY_SECONDS;
}
