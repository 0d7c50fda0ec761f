import type { Alert } from '#shared/alerts/alert.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { OrderMail } from './order-mails.ts';

/** What operators hear when a customer could not be mailed for a day. It names the order, and nobody. */
export function givenUpAlert(
  orderId: string,
  { kind, attempts, last_error }: OrderMail,
  { newId, nowMs }: { readonly newId: NewId; readonly nowMs: number },
): Alert {
  return {
    id: newId('alr'),
    severity: 'WARNING',
    category: 'alarm',
    summary: 'A customer could not be mailed about an order and is not tried again',
    details: { order_id: orderId, mail: kind, attempts, reason: last_error },
    // All of a bad day are one thing: what is wrong is the stage's mail, not the order.
    dedupe_key: 'order-mails#given-up',
    occurred_at: isoTime(nowMs),
  };
}
