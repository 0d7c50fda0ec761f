import type { Notice } from '#shared/orders/notice.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { several } from '#shared/platform/several.ts';
import { type MailOrderDependencies, mailOrder, WRITE_BUDGET_MS } from './mail-orders.ts';
import { byOrder, takeUpNotices } from './take-up-notices.ts';

/** Reads and plans at once: enough to hide the latency of DynamoDB, few enough to leave it in peace. */
const READS_AT_ONCE = 10;
/** Calls to SES at once: a new account may send one mail a second, one in use fourteen and more. */
const CALLS_AT_ONCE = 4;
/** With less time left no call is begun, for it would be cut short: the next run makes it. */
const MIN_CALL_MS = 5_000;
/** Notices that one run of the schedule takes from each shard, those that wait the longest first. */
const NOTICES_PER_SHARD = 250;
/** Orders that one run of the schedule takes from each shard, those that are due the longest first. */
const ORDERS_PER_SHARD = 250;

/**
 * Mails customers: takes up the notices that wait, then sends what is due. What fails stops nothing else, and is tried again.
 *
 * @param woken ids of notices; absent: all that wait, and all that is due besides
 */
export async function mailCustomers(
  deps: MailOrderDependencies,
  woken: readonly string[] | undefined,
  deadline: Deadline,
): Promise<void> {
  const ids = woken ?? (await deps.store.waiting(NOTICES_PER_SHARD));
  const orders = await takeUp(deps, ids, deadline);
  const due = woken === undefined ? await deps.store.due(deps.clock(), ORDERS_PER_SHARD) : [];
  let isSilent = false;
  await several(CALLS_AT_ONCE, [...new Set([...due, ...orders])], async (orderId) => {
    if (isSilent || !deadline.allows(MIN_CALL_MS + WRITE_BUDGET_MS)) return;
    await guarded(deps, orderId, async () => {
      if (await mailOrder(deps, orderId, deadline)) isSilent = true;
    });
  });
}

/** Makes mails of notices. Returns the orders that they are of. */
async function takeUp(
  deps: MailOrderDependencies,
  ids: readonly string[],
  deadline: Deadline,
): Promise<readonly string[]> {
  const notices: Notice[] = [];
  await several(READS_AT_ONCE, [...new Set(ids)], (id) =>
    guarded(deps, id, async () => {
      const notice = await deps.store.notice(id);
      if (notice !== undefined) notices.push(notice);
    }),
  );
  const taken: string[] = [];
  await several(READS_AT_ONCE, [...byOrder(notices)], ([orderId, of]) =>
    guarded(deps, orderId, async () => {
      if (!deadline.allows(WRITE_BUDGET_MS)) return;
      await takeUpNotices(deps, orderId, of, deadline);
      taken.push(orderId);
    }),
  );
  return taken;
}

/** One that cannot be worked must not keep others waiting: the next run tries it again. */
async function guarded(
  { log, metrics }: MailOrderDependencies,
  about: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    // Other runs work the same order: while they get on, nothing is wrong.
    if (error instanceof Raced) return;
    log.write('ORDER_MAIL_NOT_WORKED', { about, error });
    metrics.count('OrderMailNotWorked');
  }
}
