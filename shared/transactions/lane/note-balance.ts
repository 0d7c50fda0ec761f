import { reportAlert } from '#shared/alerts/record-alert.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { laneName } from './lane.ts';
import { lowBalanceAlert } from './lane-alerts.ts';
import type { LanePass } from './lane-pass.ts';
import type { StoredLane } from './lane-store.ts';
import { nextLowBalance, type Shortfall } from './low-balance.ts';

/**
 * Stores that a wallet runs low, or no longer does, when that has changed with this look.
 *
 * @param shortfall see `BalanceLook`
 * @throws LaneRaced when another driver stored it first
 */
export async function noteBalance(
  pass: LanePass,
  { lane, custody, policy, lowBalance }: StoredLane,
  balanceWei: bigint,
  shortfall: Shortfall | null | undefined,
): Promise<void> {
  // What is left in a wallet that was rotated or revoked is to be little.
  const wanted = custody.status === 'active' ? policy : undefined;
  const at = isoTime(pass.clock());
  const after = nextLowBalance(lowBalance, wanted, { lane, balanceWei, shortfall }, at);
  if (after === undefined) return;
  const hasBegun = after.state === 'open' && lowBalance?.state !== 'open';
  const alert = hasBegun ? lowBalanceAlert(lane, after, { id: pass.newId('alr'), at }) : undefined;
  await pass.store.putLowBalance(lowBalance, after, pass.deadline, alert);
  if (alert !== undefined) {
    const { balance_wei, threshold_wei, transaction_id, missing_wei } = after;
    const facts = { balance_wei, threshold_wei, transaction_id, missing_wei };
    pass.log.write('BALANCE_LOW', { lane: laneName(lane), wallet_id: lane.wallet_id, ...facts });
    pass.metrics.count('BalanceLow');
    reportAlert(pass, alert);
  }
}
