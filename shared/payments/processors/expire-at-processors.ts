import { DUE_ORDER_SHARDS } from '#shared/orders/order-keys.ts';
import { type SettleDependencies, settleOrder } from '#shared/orders/settle.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { DuePage } from '../due-page.ts';

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
/** Ids of one read. */
const PAGE = 100;
/** Orders of a shard at once: enough to hide the latency of DynamoDB, few enough to leave it in peace. */
const AT_ONCE = 10;
/** An order is two reads and a write; none is begun with less time left. */
const BUDGET_MS = 2_000;

const SHARDS = Array.from({ length: DUE_ORDER_SHARDS }, (_, shard) => shard);

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
  let isCutOff = false;

  async function settle(orderId: string): Promise<void> {
    try {
      await settleOrder(deps, orderId, { actor: ACTOR, requestId, knownUntilMs, deadline });
    } catch (error) {
      deps.log.write('ORDER_NOT_SETTLED', { order_id: orderId, error });
      deps.metrics.count('OrderNotSettled');
    }
  }

  async function settlePage(ids: readonly string[]): Promise<void> {
    const waiting = [...ids];
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
          if (!deadline.allows(BUDGET_MS)) {
            isCutOff = true;
            return;
          }
          await settle(id);
        }
      }),
    );
  }

  await Promise.all(
    SHARDS.map(async (shard) => {
      let after: string | undefined;
      do {
        const page = await deps.orders.due('processor', shard, isoTime(knownUntilMs), after, PAGE);
        await settlePage(page.ids);
        after = page.next;
      } while (after !== undefined && !isCutOff);
    }),
  );
  if (!isCutOff) return;
  deps.log.write('ORDERS_CUT_OFF', {});
  deps.metrics.count('OrdersCutOff');
}
