import { countsAsPaid, type Payment } from '#shared/orders/order.ts';
import type { Refund } from '../refunds/refund.ts';

/**
 * What of each payment of an order has gone back, in base units of what came: refunds that are final, so that their sum is that of the shares. One of
 * another asset names its payment. Others give back what came last first, because what is beyond the amount due came last; what is more than all
 * that is left (money that a reorg has taken since) is the last one's. Pure.
 *
 * @returns by payment id; a payment of which nothing went back is absent
 */
export function shareRefunds(payments: readonly Payment[], refunds: readonly Refund[]): ReadonlyMap<string, bigint> {
  const shares = new Map<string, bigint>();
  const add = (id: string, amount: bigint) => {
    if (amount > 0n) shares.set(id, (shares.get(id) ?? 0n) + amount);
  };
  const final = refunds.filter(({ status }) => status === 'confirmed');
  let left = 0n;
  for (const { payment_id, amount } of final) {
    if (payment_id === undefined) left += BigInt(amount);
    else add(payment_id, BigInt(amount));
  }
  const own = payments.filter(({ other_asset }) => other_asset === undefined).toSorted(latestFirst);
  for (const payment of own.filter((one) => countsAsPaid(one) && one.status === 'confirmed')) {
    const share = left < BigInt(payment.amount) ? left : BigInt(payment.amount);
    add(payment.id, share);
    left -= share;
  }
  const [last] = own;
  if (last !== undefined) add(last.id, left);
  return shares;
}

function latestFirst(one: Payment, other: Payment): number {
  if (one.block_at !== other.block_at) return one.block_at < other.block_at ? 1 : -1;
  return one.id < other.id ? 1 : -1;
}
