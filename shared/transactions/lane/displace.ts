import { reportAlert } from '#shared/alerts/record-alert.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { advance, type Transition } from '../transition.ts';
import { decided, endOf } from './ends.ts';
import { type LaneState, laneName } from './lane.ts';
import type { Displacement } from './lane-action.ts';
import { foreignUseAlert } from './lane-alerts.ts';
import { withForeign } from './lane-change.ts';
import type { LanePass } from './lane-pass.ts';
import { laneTime } from './lane-time.ts';
import type { Observation } from './observe.ts';
import { cancellationReason, isUnwanted } from './replacement.ts';

/**
 * Takes transactions off nonces that strangers have for good: back to the queue for another nonce, ahead of all that
 * came later, or to their end when they are no longer wanted. The foreign use is on the lane, in an alert, in the log and
 * in a metric with an alarm: the key is in use elsewhere.
 *
 * @returns the lane after it
 * @throws LaneRaced
 */
export async function displace(
  pass: LanePass,
  lane: LaneState,
  displacements: readonly Displacement[],
  { view }: Pick<Observation, 'view'>,
): Promise<LaneState> {
  const nowMs = pass.clock();
  const at = isoTime(nowMs);
  const { agreedMs } = laneTime(nowMs, view.head, pass.chain);
  const uses = displacements.map(({ transaction, use }) => ({
    nonce: transaction.nonce ?? 0,
    hash: use.hash,
    transaction_id: transaction.id,
    at,
  }));
  const transitions = displacements.map((displacement) => transitionOf(displacement, at, agreedMs, pass.by));
  const patch = { foreign: withForeign(lane, uses) };
  const alert = foreignUseAlert(lane, uses, { id: pass.newId('alr'), at });
  const after = await pass.store.apply(lane, transitions, [], pass.deadline, patch, [alert]);
  for (const use of uses) pass.log.write('NONCE_USED_BY_OTHERS', { lane: laneName(lane), ...use });
  pass.metrics.count('NonceUsedByOthers', uses.length);
  reportAlert(pass, alert);
  return after;
}

function transitionOf(
  { transaction, use }: Displacement,
  at: string,
  agreedMs: number,
  by: LanePass['by'],
): Transition {
  const detail = { nonce: transaction.nonce, used_by: use.hash, block_number: use.blockNumber };
  if (!isUnwanted(transaction, agreedMs)) {
    return advance(transaction, 'queued', { nonce: null, hash: null, waiting_for: null }, at, by, detail);
  }
  const reason = transaction.cancellation?.reason ?? cancellationReason(transaction, agreedMs) ?? 'requested';
  const { status, failure } = endOf(reason);
  const own = { reason, requested_at: at, requested_by: by.actor, outcome: 'won' } as const;
  const cancellation = decided(transaction.cancellation, 'won') ?? own;
  return advance(transaction, status, { failure, cancellation, waiting_for: null }, at, by, detail);
}
