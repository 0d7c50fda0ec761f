import { DUE_ORDER_SHARDS } from '#shared/orders/order-keys.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { DuePage } from '../due-page.ts';

/** Ids of one read. */
export const WALK_PAGE = 100;
/** Orders of a shard at once: enough to hide the latency of DynamoDB, few enough to leave it in peace. */
const AT_ONCE = 10;
/** An order is two reads and a write; none is begun with less time left. */
const BUDGET_MS = 2_000;

const SHARDS = Array.from({ length: DUE_ORDER_SHARDS }, (_, shard) => shard);

/**
 * Looks at each order of a sharded index, shards side by side and some orders of each at once.
 *
 * @param page of a shard, at most `WALK_PAGE` ids
 * @param look never fails: what stops one order stops no other
 * @returns whether time ran out before all were looked at
 */
export async function walkShards(
  page: (shard: number, after: string | undefined) => Promise<DuePage>,
  look: (orderId: string) => Promise<void>,
  deadline: Deadline,
): Promise<{ readonly isCutOff: boolean }> {
  let isCutOff = false;

  async function lookAt(ids: readonly string[]): Promise<void> {
    const waiting = [...ids];
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
          if (!deadline.allows(BUDGET_MS)) {
            isCutOff = true;
            return;
          }
          await look(id);
        }
      }),
    );
  }

  await Promise.all(
    SHARDS.map(async (shard) => {
      let after: string | undefined;
      do {
        const { ids, next } = await page(shard, after);
        await lookAt(ids);
        after = next;
      } while (after !== undefined && !isCutOff);
    }),
  );
  return { isCutOff };
}
