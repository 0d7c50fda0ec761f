import type { Alert } from '#shared/alerts/alert.ts';
import { type LaneKey, type LaneState, laneName } from './lane.ts';
import type { LanePatch } from './lane-change.ts';
import type { LowBalance } from './low-balance.ts';
import { firstBlockOf } from './nonces.ts';

/** Named in an alert; the lane itself and the audit streams have more. */
const MAX_NAMED = 10;

/** What an alert gets from where it is made. */
export interface AlertStamp {
  /** `alr_…` */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/**
 * What operators hear of nonces that somebody else used: the key signs outside of Haven, so whatever is at the address is
 * at somebody's hand (domain.md, "Transactions").
 *
 * @param uses at least one
 */
export function foreignUseAlert(lane: LaneState, uses: LaneState['foreign'], stamp: AlertStamp): Alert {
  return {
    ...stampOf(stamp),
    severity: 'CRITICAL',
    category: 'security',
    summary: 'A wallet signed a transaction outside of Haven: somebody else has its key',
    details: {
      ...namesOf(lane),
      uses: uses.slice(0, MAX_NAMED).map(({ nonce, hash, transaction_id }) => ({ nonce, hash, transaction_id })),
    },
    // Each nonce is used for good: what is told of some of them keeps nothing back of others.
    dedupe_key: `${laneName(lane)}#foreign#${rangeOf(uses.map(({ nonce }) => nonce))}`,
  };
}

/** `4`, or `4-9`: short, however many there are. */
function rangeOf(nonces: readonly number[]): string {
  const [lowest, highest] = [Math.min(...nonces), Math.max(...nonces)];
  return lowest === highest ? `${lowest}` : `${lowest}-${highest}`;
}

/**
 * What operators hear of what a look at the chain lets a lane remember. The dedupe key of each says which time it is about, so that what was told
 * of the one before, and that it is over, keeps nothing back.
 *
 * @param uses nonces that somebody else used
 * @param newStamp a new one for each alert
 */
export function nonceAlerts(
  lane: LaneState,
  { unexplained, gap }: LanePatch,
  uses: LaneState['foreign'],
  newStamp: () => AlertStamp,
): readonly Alert[] {
  const alerts: Alert[] = [];
  if (uses.length > 0) alerts.push(foreignUseAlert(lane, uses, newStamp()));
  if (unexplained !== undefined && unexplained !== null) {
    const stamp = newStamp();
    alerts.push({
      ...stampOf(stamp),
      severity: 'CRITICAL',
      category: 'nonce_gap',
      summary: 'A nonce is used and nobody can say by which transaction: one of Haven waits for a person',
      details: { ...namesOf(lane), nonce: unexplained },
      // Recorded when it becomes so, in the write that says it: the time of that is this one's only.
      dedupe_key: `${laneName(lane)}#unexplained#${unexplained}#${stamp.at}`,
    });
  }
  if (gap !== undefined && gap !== null) {
    alerts.push({
      ...stampOf(newStamp()),
      severity: 'WARNING',
      category: 'nonce_gap',
      summary: 'The chain shows fewer nonces used than were counted: the gap is filled once it is proven',
      details: { ...namesOf(lane), nonce: gap.nonce, since_block: gap.since_block, next_nonce: lane.next_nonce },
      // The same when the proof begins anew: that is no news.
      dedupe_key: `${laneName(lane)}#gap#${gap.nonce}#${firstBlockOf(gap)}`,
    });
  }
  return alerts;
}

/**
 * What operators hear of a wallet that has begun to run low, or to hold a transaction up by it: what it has, and what the first that waits
 * lacks. Amounts in wei. The second is graver, so that the cool-down of the first does not keep it back.
 */
export function lowBalanceAlert(lane: LaneKey, condition: LowBalance, stamp: AlertStamp): Alert {
  const { wallet_id, balance_wei, threshold_wei, transaction_id, missing_wei } = condition;
  return {
    ...stampOf(stamp),
    severity: transaction_id === null ? 'WARNING' : 'ERROR',
    category: 'balance_low',
    summary:
      transaction_id === null
        ? "A wallet has less of its chain's coin than its policy wants"
        : "A wallet has too little of its chain's coin: a transaction waits for it",
    details: { ...namesOf({ ...lane, wallet_id }), balance_wei, threshold_wei, transaction_id, missing_wei },
    dedupe_key: `${laneName(lane)}#balance#${condition.opened_at}`,
  };
}

function stampOf({ id, at }: AlertStamp) {
  return { id, occurred_at: at };
}

function namesOf({ wallet_id, chain_id, address }: LaneKey & { readonly wallet_id: string }) {
  return { wallet_id, chain_id, address };
}
