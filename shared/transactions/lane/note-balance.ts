import { reportAlert } from '#shared/alerts/record-alert.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { laneName } from './lane.ts';
import { lowBalanceAlert } from './lane-alerts.ts';
import type { LanePass } from './lane-pass.ts';
import type { StoredLane } from './lane-store.ts';
import { type LowBalance, nextLowBalance, type Shortfall } from './low-balance.ts';

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
  const alert = isNews(lowBalance, after) ? lowBalanceAlert(lane, after, { id: pass.newId('alr'), at }) : undefined;
  await pass.store.putLowBalance(lowBalance, after, pass.deadline, alert);
  if (alert !== undefined) {
    const { balance_wei, threshold_wei, transaction_id, missing_wei } = after;
    const facts = { balance_wei, threshold_wei, transaction_id, missing_wei };
    pass.log.write('BALANCE_LOW', { lane: laneName(lane), wallet_id: lane.wallet_id, ...facts });
    pass.metrics.count('BalanceLow');
    reportAlert(pass, alert);
  }
}

/** Whether operators are to hear of it: when it begins, and when what was only low begins to hold a transaction up. */
function isNews(before: LowBalance | undefined, after: LowBalance): boolean {
  if (after.state !== 'open') return false;
  return before?.state !== 'open' || (before.transaction_id === null && after.transaction_id !== null);
}
