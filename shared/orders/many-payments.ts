import { countsAsPaid, type Order, type Payment } from './order.ts';

/** Payments of an order on chains that are kept one by one whatever they are: nobody pays in more parts than that. */
export const KEPT_WHATEVER = 150;
/** Beyond these, so many of those are kept that are at least this part of what is due: by them alone the order is paid. */
export const KEPT_LARGE = 50;
/** Rows of small payments, with those that reorgs took away: one that counts the logs of a block anew doubles them. */
const KEPT_WITH_GONE = 2 * KEPT_WHATEVER;

/**
 * Which payments of an order that were not stored before are kept one by one. Anybody can send an address thousands of payments of next to
 * nothing; what reads and judges all payments of an order must not cost more for it. The others are not lost from the chain: in time they are in
 * the balance that is looked at before the order expires. Pure; the same again when a part of its result is stored.
 *
 * @param stored all payments of the order, as they are to be
 * @param found in the order of the chain
 */
export function keptOneByOne(
  { payment }: Pick<Order, 'payment'>,
  stored: readonly Payment[],
  found: readonly Payment[],
): readonly Payment[] {
  const ids = new Set(stored.map(({ id }) => id));
  const isLarge = (one: Payment) =>
    countsAsPaid(one) && BigInt(one.amount) * BigInt(KEPT_LARGE) >= BigInt(payment.amount_due);
  const there = stored.filter(({ status }) => status !== 'orphaned');
  const fresh = found.filter(({ id }) => !ids.has(id));
  const roomForLarge = Math.max(KEPT_WHATEVER + KEPT_LARGE - there.length, KEPT_LARGE - there.filter(isLarge).length);
  const large = fresh.filter(isLarge).slice(0, Math.max(0, roomForLarge));
  const room = Math.min(KEPT_WHATEVER - there.length, KEPT_WITH_GONE - stored.length) - large.length;
  const small = fresh.filter((one) => !isLarge(one)).slice(0, Math.max(0, room));
  return [...found.filter(({ id }) => ids.has(id)), ...large, ...small];
}

/** Whether an order has so many payments on chains that further ones may not be kept one by one. Pure. */
export function hasManyPayments(payments: readonly Payment[]): boolean {
  const onChain = payments.filter(({ on_chain }) => on_chain !== null);
  const there = onChain.filter(({ status }) => status !== 'orphaned');
  return there.length >= KEPT_WHATEVER || onChain.length >= KEPT_WITH_GONE;
}
