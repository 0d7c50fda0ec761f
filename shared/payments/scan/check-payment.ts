import { type OpenOrderDependencies, openOrderOrRead } from '#shared/orders/open-order.ts';
import { type OrderView, toOrderView } from '#shared/orders/view.ts';
import type { Clock } from '#shared/platform/clock.ts';
import type { PrincipalContext } from '#shared/platform/http/bound-route.ts';
import { FOLLOW_MS, LOOKS, type ScanKicker } from './scan-kick.ts';

/** What having a payment looked for needs. */
export interface CheckPaymentDependencies extends OpenOrderDependencies {
  readonly scanKicker: ScanKicker;
  readonly clock: Clock;
}

/**
 * Has the chain of an order read now, for who shows its token or may read all. What is found shows in the order a moment later.
 *
 * @returns the order as it is
 * @throws ORDER_NOT_FOUND
 */
export async function checkPayment(
  deps: CheckPaymentDependencies,
  id: string,
  context: PrincipalContext,
): Promise<OrderView> {
  const { order } = await openOrderOrRead(deps, id, context);
  const { chain_id } = order.payment;
  // Whose money a processor takes, it tells of by itself.
  if (chain_id !== null) await deps.scanKicker.kick({ chain_id, until_ms: deps.clock() + FOLLOW_MS, looks: LOOKS });
  return toOrderView(order);
}
