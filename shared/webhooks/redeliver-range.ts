import type { Deadline } from '#shared/platform/deadline.ts';
import { idFloor } from '#shared/platform/ids.ts';
import { restartedDelivery, type WebhookDelivery } from './delivery.ts';
import { DeliveryRaced, type WebhookDeliveryStore } from './delivery-store.ts';
import type { Redelivery } from './redelivery.ts';

/** Deliveries that are looked at before how far it is is stored. */
const PAGE = 50;

/** How far a redelivery is after a page of it; undefined: it is done. */
export type RedeliveryPage = { readonly after: Redelivery | undefined; readonly redelivered: number };

/**
 * Puts a page of deliveries among what is due again. One that was there before for this redelivery, or has not ended, stays as it is: a page
 * that is cut off is done again.
 *
 * @throws DATABASE_ERROR, WRITE_CONFLICT
 */
export async function redeliverPage(
  deliveries: Pick<WebhookDeliveryStore, 'idsBetween' | 'loadAll' | 'save'>,
  endpointId: string,
  job: Redelivery,
  nowMs: number,
  deadline: Deadline,
): Promise<RedeliveryPage> {
  const from = job.position === null ? idFloor('whd', Date.parse(job.since)) : `${job.position}!`;
  const to = idFloor('whd', Date.parse(job.until));
  const outcome = job.status === 'failed' ? 'failed' : undefined;
  const ids = await deliveries.idsBetween(endpointId, outcome, from, to, PAGE);
  let redelivered = 0;
  for (const delivery of await deliveries.loadAll(ids)) {
    if (isFor(job, delivery) && (await restart(deliveries, delivery, job, nowMs, deadline))) redelivered += 1;
  }
  const position = ids.at(-1) ?? null;
  const isDone = ids.length < PAGE;
  return { after: isDone ? undefined : { ...job, position, redelivered: job.redelivered + redelivered }, redelivered };
}

function isFor({ id, status }: Redelivery, delivery: WebhookDelivery): boolean {
  if (delivery.redelivery_id === id) return false;
  return delivery.status === 'given_up' || (status === 'all' && delivery.status === 'delivered');
}

async function restart(
  deliveries: Pick<WebhookDeliveryStore, 'save'>,
  delivery: WebhookDelivery,
  job: Redelivery,
  nowMs: number,
  deadline: Deadline,
): Promise<boolean> {
  try {
    await deliveries.save(delivery, restartedDelivery(delivery, job.id, nowMs), deadline);
    return true;
  } catch (error) {
    // Somebody else sends it again.
    if (error instanceof DeliveryRaced) return false;
    throw error;
  }
}
