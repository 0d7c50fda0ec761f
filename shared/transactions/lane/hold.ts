import { isoTime } from '#shared/platform/clock.ts';
import type { Transaction, WaitingFor } from '../transaction.ts';
import { amend } from '../transition.ts';
import { type LaneState, laneName } from './lane.ts';
import type { LanePass } from './lane-pass.ts';

/**
 * Says on a transaction what it waits for; written only when that changes.
 *
 * @param waitingFor null: for nothing any more
 * @param detail facts for the log: what is missing
 * @throws LaneRaced
 */
export async function hold(
  pass: Pick<LanePass, 'store' | 'clock' | 'deadline' | 'log' | 'metrics'>,
  lane: LaneState,
  transaction: Transaction,
  waitingFor: WaitingFor | null,
  detail: Readonly<Record<string, string>>,
): Promise<void> {
  if (transaction.waiting_for === waitingFor) return;
  const waiting = amend(transaction, { waiting_for: waitingFor }, isoTime(pass.clock()));
  await pass.store.apply(lane, [], [waiting], pass.deadline);
  if (waitingFor === null) return;
  pass.log.write('LANE_HELD', {
    lane: laneName(lane),
    transaction_id: transaction.id,
    waiting_for: waitingFor,
    ...detail,
  });
  pass.metrics.count('LaneHeld');
}
