import type { Context } from 'aws-lambda';
import { type SweepCartsDependencies, sweepCarts } from '#shared/checkout/sweep-carts.ts';
import { Deadline } from '#shared/platform/deadline.ts';

/** Left over for the last write's answer and Lambda's own end. */
const DEADLINE_MARGIN_MS = 1_000;

/** Makes the cart sweeper: woken by the schedule, it gives back what carts hold too long and deletes those that are over. */
export function createHandler(deps: SweepCartsDependencies) {
  return async (_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const { log, metrics, clock } = deps;
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, clock);
    const { counts, cutOff } = await sweepCarts(deps, deadline);
    if (counts.lapsed > 0) metrics.count('CartReservationsLapsed', counts.lapsed);
    if (counts.deleted > 0) metrics.count('CartDeleted', counts.deleted);
    if (Object.values(counts).some((count) => count > 0)) log.write('CARTS_SWEPT', counts);
    if (cutOff) {
      log.write('CART_SWEEP_CUT_OFF', {});
      metrics.count('CartSweepCutOff');
    }
  };
}
