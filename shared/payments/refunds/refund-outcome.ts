import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import { reportChange } from '#shared/orders/change-order.ts';
import { putOrderChange } from '#shared/orders/put-order.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { OutboxHandler } from '#shared/platform/outbox/deliver.ts';
import { subjectId } from '#shared/platform/outbox/outbox-message.ts';
import { transactionEndedSchema } from '#shared/transactions/watcher.ts';
import { endRefund } from './end-refund.ts';
import { refundRow } from './put-refund.ts';
import { isSent, refundOfSubject } from './refund.ts';
import { refundAlert } from './refund-alerts.ts';
import type { RefundStore } from './refund-store.ts';

/** What ending refunds needs. */
export interface RefundOutcomeDependencies {
  readonly tables: { readonly shop: string; readonly audit: string; readonly logs: string };
  readonly refunds: Pick<RefundStore, 'read'>;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Who ends refunds, in audit entries. */
const ACTOR = 'outbox-worker';

/**
 * Ends refunds by what became of their transactions, and with them their orders. Told of the same end again, it changes nothing.
 */
export function refundOutcome(deps: RefundOutcomeDependencies): OutboxHandler {
  return async (message, requestId) => {
    const ended = transactionEndedSchema.parse(message.fact);
    const { orderId, refundId } = refundOfSubject(subjectId(message.subject));
    const { order, payments, refunds } = await deps.refunds.read(orderId);
    const refund = refunds.find(({ id }) => id === refundId);
    if (refund === undefined || !isSent(refund)) throw new Error(`Order ${orderId} has no refund ${refundId}`);
    const at = isoTime(deps.clock());
    const by = { actor: ACTOR, request_id: requestId, at, newId: deps.newId };
    const end = endRefund(order, payments, refunds, refund, ended, by);
    if (end === undefined) return undefined;
    const alert = refundAlert(end, deps.newId, at);
    return {
      add: (write) => {
        putOrderChange(write, deps.tables, end.change, [refundRow(end.before, end.after)]);
        if (alert !== undefined) recordAlert(write, deps.tables, alert);
      },
      report: () => {
        const { id, status, transaction_id } = end.after;
        deps.metrics.count(status === 'confirmed' ? 'RefundConfirmed' : 'RefundFailed');
        deps.log.write('REFUND_ENDED', { refund_id: id, order_id: orderId, status, transaction_id });
        reportChange(deps, end.change);
        if (alert !== undefined) reportAlert(deps, alert);
      },
    };
  };
}
