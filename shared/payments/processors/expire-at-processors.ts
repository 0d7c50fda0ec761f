import { type SettleDependencies, settleOrder } from '#shared/orders/settle.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { DuePage } from '../due-page.ts';
import { WALK_PAGE, walkShards } from './walk-shards.ts';

/** What a run needs. */
export interface ExpireDependencies extends SettleDependencies {
  readonly orders: SettleDependencies['orders'] & {
    due(of: 'processor', shard: number, before: string, after: string | undefined, limit: number): Promise<DuePage>;
  };
  /** How long a processor's word may take after an order's deadline. */
  readonly graceMs: number;
}

/** Who it is, in audit entries. */
const ACTOR = 'order-expirer';

/**
 * Settles every order that is paid through a processor and whose deadline and grace are over; those that are paid on a chain are the payment scanner's. Each
 * by itself: one that fails is logged and counted, stays in the index and stops no other. Killed anywhere, the next run goes on.
 *
 * @param requestId the invocation, for audit entries
 */
export async function expireAtProcessors(
  deps: ExpireDependencies,
  requestId: string,
  deadline: Deadline,
): Promise<void> {
  const knownUntilMs = deps.clock() - deps.graceMs;
  const { isCutOff } = await walkShards(
    (shard, after) => deps.orders.due('processor', shard, isoTime(knownUntilMs), after, WALK_PAGE),
    async (orderId) => {
      try {
        await settleOrder(deps, orderId, { actor: ACTOR, requestId, knownUntilMs, deadline });
      } catch (error) {
        deps.log.write('ORDER_NOT_SETTLED', { order_id: orderId, error });
        deps.metrics.count('OrderNotSettled');
      }
    },
    deadline,
  );
  if (!isCutOff) return;
  deps.log.write('ORDERS_CUT_OFF', {});
  deps.metrics.count('OrdersCutOff');
}
