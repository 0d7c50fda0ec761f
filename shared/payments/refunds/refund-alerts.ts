import type { Alert } from '#shared/alerts/alert.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { RefundEnd } from './end-refund.ts';

/**
 * What operators must hear of the end of a refund, if anything: that it failed; that more has come for the order than went back; that money
 * that was given back has gone from the chain.
 *
 * @param at ISO 8601, UTC
 */
export function refundAlert(
  { before, after, change, remaining }: RefundEnd,
  newId: NewId,
  at: string,
): Alert | undefined {
  const what = whatOf({ after, change, remaining });
  if (what === undefined) return undefined;
  return {
    id: newId('alr'),
    ...what,
    category: 'payment_anomaly',
    details: {
      order_id: after.order_id,
      order_status: change.after.status,
      refund_id: after.id,
      kind: after.kind,
      amount: after.amount,
      asset: after.asset,
      transaction_id: before.transaction_id,
      remaining: remaining.toString(),
      ...(after.failure === null ? {} : { failure: after.failure.message }),
    },
    dedupe_key: `refund:${after.id}`,
    occurred_at: at,
  };
}

function whatOf({
  after,
  change,
  remaining,
}: Pick<RefundEnd, 'after' | 'change' | 'remaining'>): Pick<Alert, 'severity' | 'summary'> | undefined {
  const of = `${after.id} of order ${after.order_id}`;
  if (after.status === 'failed') {
    return { severity: 'ERROR', summary: `Refund ${of} failed: nothing was sent. Ask for another.` };
  }
  if (remaining < 0n) {
    return { severity: 'CRITICAL', summary: `Refund ${of} gave back money that has gone from the chain since.` };
  }
  if (change.after.status !== 'refunding' || after.kind === 'other_asset') return undefined;
  return { severity: 'WARNING', summary: `More came for order ${after.order_id} than refund ${after.id} gave back.` };
}
