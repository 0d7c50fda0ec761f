import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import { nextEntry } from '#shared/audit/audit-entry.ts';
import type { Order } from '#shared/orders/order.ts';
import { putOrderChange } from '#shared/orders/put-order.ts';
import type { SettleDependencies } from '#shared/orders/settle.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { DuePage } from '../due-page.ts';
import { WALK_PAGE, walkShards } from './walk-shards.ts';

/** What a run needs. */
export interface TellOfStuckDependencies extends SettleDependencies {
  readonly orders: SettleDependencies['orders'] & {
    confirmingAtProcessors(shard: number, before: string, after: string | undefined, limit: number): Promise<DuePage>;
  };
}

/**
 * How long a processor may leave an order `confirming` before operators are told. The slowest currency that is known by default, LTC
 * with 6 confirmations or BTC with 3, takes less than an hour as a rule; full blocks and low fees make it several.
 */
export const STUCK_AFTER_MS = 6 * 60 * 60_000;

/** Who it is, in audit entries. */
const ACTOR = 'order-expirer';

/**
 * Tells operators once of each order that waits too long for a processor to say that its money is final: nothing else would end it, because only the
 * processor knows. The alert, the entry and the note that it was told are one write, by which the order leaves the index.
 *
 * @param requestId the invocation, for audit entries
 */
export async function tellOfStuck(deps: TellOfStuckDependencies, requestId: string, deadline: Deadline): Promise<void> {
  const before = isoTime(deps.clock() - STUCK_AFTER_MS);
  // Those for which there is no time are the next run's: nothing is lost by a minute of six hours.
  await walkShards(
    (shard, after) => deps.orders.confirmingAtProcessors(shard, before, after, WALK_PAGE),
    async (orderId) => {
      try {
        await tell(deps, orderId, requestId, deadline);
      } catch (error) {
        // Its processor has said something meanwhile: whether it still waits is seen by the next run.
        if (error instanceof Raced) return;
        deps.log.write('ORDER_NOT_SETTLED', { order_id: orderId, error });
        deps.metrics.count('OrderNotSettled');
      }
    },
    deadline,
  );
}

async function tell(
  deps: TellOfStuckDependencies,
  orderId: string,
  requestId: string,
  deadline: Deadline,
): Promise<void> {
  const before = (await deps.orders.find(orderId))?.order;
  // The index may lag behind.
  if (before?.status !== 'confirming' || typeof before.stuck_told_at === 'string') return;
  const at = isoTime(deps.clock());
  const since = before.status_since ?? before.created_at;
  const content = { action: 'order.confirming_for_long', severity: 'WARNING', detail: { since } } as const;
  const { entry, head } = nextEntry(orderId, before, { actor: ACTOR, request_id: requestId, ...content }, at);
  const after: Order = { ...before, ...head, stuck_told_at: at, updated_at: at, version: before.version + 1 };
  const alert = alertOf(before, since, deps.newId('alr'), at);
  const write = new WriteTransaction();
  putOrderChange(write, deps.tables, { before, after, stock: 'none', entries: [entry], notices: [] });
  recordAlert(write, deps.tables, alert);
  await write.commit(deps.client, deadline, deps.wait);
  reportAlert(deps, alert);
}

function alertOf({ id: orderId, payment }: Order, since: string, id: string, at: string): Alert {
  const processor = payment.chain_id === null ? payment.processor : undefined;
  return {
    id,
    severity: 'WARNING',
    category: 'payment_anomaly',
    summary: `Order ${orderId} has been confirming for hours: ask ${processor?.name ?? 'its processor'} for its invoice`,
    details: {
      order_id: orderId,
      processor: processor?.name ?? null,
      invoice_id: processor?.invoice_id ?? null,
      asset: payment.asset,
      amount_due: payment.amount_due,
      amount_paid: payment.amount_paid,
      confirming_since: since,
    },
    dedupe_key: `order-confirming:${orderId}:${since}`,
    occurred_at: at,
  };
}
