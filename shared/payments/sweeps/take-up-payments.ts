import { paymentKey } from '#shared/orders/order-keys.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { DEPOSIT_SWEEP_ACTOR, type DepositPass, DepositSweepRaced, racedSweep } from './deposit-pass.ts';
import { addDepositSweep, nextRound } from './deposit-sweep-row.ts';
import type { MarkedPayment, SweptOrder } from './deposit-sweep-store.ts';
import { isDueForSweep } from './plan-deposit.ts';

/** Payments that one write takes note of: with the sweep and its entry, far below the 100 items of a write. The next run takes the rest. */
const MAX_AT_ONCE = 50;

/**
 * Opens a round for confirmed payments of a settled order, and takes them off the list of those that nobody has taken note of, in one write:
 * until it is made the next run finds them again, and after it the round is open. Payments that come later are listed themselves.
 *
 * @param payments of the order, on the pass's chain; at least one
 * @returns whether a round was opened
 * @throws DepositSweepRaced when another run was first, or a payment is confirmed no more; DATABASE_ERROR, WRITE_CONFLICT
 */
export async function takeUpPayments(
  pass: DepositPass,
  order: SweptOrder,
  payments: readonly MarkedPayment[],
): Promise<boolean> {
  if (!isDueForSweep(order.status)) return false;
  const { tables, client, deadline, requestId, clock, chain, log } = pass;
  const at = isoTime(clock());
  const of = {
    order_id: order.id,
    chain_id: chain.chain_id,
    wallet_id: order.payment.wallet_id,
    address: order.payment.address,
  };
  const before = await pass.sweeps.get(of);
  const taken = payments.slice(0, MAX_AT_ONCE);
  const by = { actor: DEPOSIT_SWEEP_ACTOR, request_id: requestId };
  const change = nextRound(of, before, taken.length, by, at);
  const write = new WriteTransaction();
  addDepositSweep(write, tables, before, change, racedSweep(of));
  for (const { order_id, payment_id } of taken) {
    write.update(
      tables.shop,
      paymentKey(order_id, payment_id),
      { expression: 'SET taken_up = confirmed_at REMOVE gsi3pk, gsi3sk' },
      () => new DepositSweepRaced(`Payment ${payment_id}`),
      {
        expression: '#status = :confirmed AND attribute_exists(gsi3pk)',
        names: { '#status': 'status' },
        values: { ':confirmed': 'confirmed' },
        // Who sweeps need not see what was paid: the chain says what there is.
        showsExisting: false,
      },
    );
  }
  await write.commit(client, deadline);
  log.write('DEPOSIT_SWEEP_OPENED', { ...of, round: change.sweep.round, payments: taken.length });
  return true;
}
