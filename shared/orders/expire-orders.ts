import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { ALL_DUE_SHARDS, type IdPage, type OrderStore } from './order-store.ts';
import { type SettleDependencies, settleOrder } from './settle.ts';

/** What a run needs. */
export interface ExpireDependencies extends SettleDependencies {
  readonly orders: Pick<OrderStore, 'find' | 'due' | 'confirming'>;
}

/** What a run did. */
export interface ExpireReport {
  readonly looked: number;
  readonly failed: number;
  /** Whether time ran out; the next run goes on. */
  readonly cutOff: boolean;
}

/** Who it is, in audit entries. */
const ACTOR = 'order-expirer';

/**
 * How long after its deadline an order is left alone: a payment in a block just before it needs to be seen first. With a scanner of chains,
 * as far as that has come is what counts.
 */
export const SIGHT_MS = 15_000;

/** Ids of one read. */
const PAGE = 100;
/** Orders of a shard at once, and so four times as many: enough to hide the latency of DynamoDB, few enough to leave it in peace. */
const AT_ONCE = 10;
/** An order is two reads and a write; none is begun with less time left. */
const BUDGET_MS = 2_000;

/**
 * Settles every order whose deadline has passed, and every one that waits for confirmations: no timer is trusted, and neither is that
 * whoever stored a payment lived to settle its order. Each order by itself: one that fails is logged and counted, stays in the index and
 * stops no other. Killed anywhere, the next run goes on.
 *
 * @param requestId the invocation, for audit entries
 */
export async function expireOrders(
  deps: ExpireDependencies,
  requestId: string,
  deadline: Deadline,
): Promise<ExpireReport> {
  const knownUntilMs = deps.clock() - SIGHT_MS;
  const report = { looked: 0, failed: 0, cutOff: false };
  const before = isoTime(knownUntilMs);

  async function settle(orderId: string): Promise<void> {
    report.looked += 1;
    try {
      await settleOrder(deps, orderId, { actor: ACTOR, requestId, knownUntilMs, deadline });
    } catch (error) {
      report.failed += 1;
      deps.log.write('ORDER_NOT_SETTLED', { order_id: orderId, error });
      deps.metrics.count('OrderNotSettled');
    }
  }

  async function settleAll(read: (after: string | undefined) => Promise<IdPage>): Promise<void> {
    let after: string | undefined;
    do {
      const page = await read(after);
      const waiting = [...page.ids];
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
            if (!deadline.allows(BUDGET_MS)) {
              report.cutOff = true;
              return;
            }
            await settle(id);
          }
        }),
      );
      after = page.next;
    } while (after !== undefined && !report.cutOff);
  }

  // What holds stock that others could buy comes first.
  await Promise.all(ALL_DUE_SHARDS.map((shard) => settleAll((after) => deps.orders.due(shard, before, after, PAGE))));
  await settleAll((after) => deps.orders.confirming(after, PAGE));
  if (report.cutOff) {
    deps.log.write('ORDERS_CUT_OFF', { looked: report.looked });
    deps.metrics.count('OrdersCutOff');
  }
  return report;
}
