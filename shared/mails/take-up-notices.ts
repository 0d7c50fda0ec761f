import type { Notice } from '#shared/orders/notice.ts';
import type { Order } from '#shared/orders/order.ts';
import type { Clock } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { mailOfEvent } from './mail-kind.ts';
import type { MailStore } from './mail-store.ts';
import { withNotices } from './order-mails.ts';

/** What taking up notices needs. */
export interface TakeUpDependencies {
  readonly store: MailStore;
  /** Whether this stage mails customers at all. */
  readonly mails: boolean;
  /** Strongly consistent; undefined: there is no such order. */
  readonly findOrder: (orderId: string) => Promise<Order | undefined>;
  readonly clock: Clock;
}

/** Lost races in a row after which notices are left to those who won them. */
const MAX_RACES = 5;

/**
 * Makes mails of the notices of one order that wait, in one transaction: from then on they are mails, and wait no more. Those that nobody is mailed
 * of end: of events without a mail, of orders without an address, on a stage that mails no customer.
 *
 * @param ids of notices of the same order; those that somebody else took up are passed over
 * @throws Raced when others kept coming first; DATABASE_ERROR, WRITE_CONFLICT
 */
export async function takeUpNotices(
  deps: TakeUpDependencies,
  orderId: string,
  ids: readonly string[],
  deadline: Deadline,
): Promise<void> {
  for (let races = 1; ; races += 1) {
    try {
      return await takeUpOnce(deps, orderId, ids, deadline);
    } catch (error) {
      if (!(error instanceof Raced) || races >= MAX_RACES) throw error;
    }
  }
}

async function takeUpOnce(
  { store, mails, findOrder, clock }: TakeUpDependencies,
  orderId: string,
  ids: readonly string[],
  deadline: Deadline,
): Promise<void> {
  const found = await Promise.all(ids.map((id) => store.notice(id)));
  const takenUp = found.filter((notice) => notice !== undefined);
  if (takenUp.length === 0) return;
  const told = mails ? takenUp.filter(({ event }) => mailOfEvent(event) !== undefined) : [];
  const isTold = told.length > 0 && hasAddress(await findOrder(orderId));
  const before = isTold ? await store.load(orderId) : undefined;
  const after = isTold ? withNotices(before, orderId, told, clock()) : undefined;
  await store.save({ before, after, takenUp }, clock(), deadline);
}

const hasAddress = (order: Order | undefined) => order !== undefined && order.email !== null;

/** Notices by the orders that they tell of. */
export function byOrder(notices: readonly Notice[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    [...Map.groupBy(notices, ({ order_id }) => order_id)].map(([orderId, of]) => [orderId, of.map(({ id }) => id)]),
  );
}
