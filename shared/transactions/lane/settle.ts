import type { Receipt } from '#shared/platform/chain/chain-client.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { Transaction } from '../transaction.ts';
import { advance, amend, type TransactionPatch, type Transition } from '../transition.ts';
import type { Settlement } from './decide.ts';
import type { LaneState } from './lane.ts';
import { LANE_ACTOR, type LaneDependencies } from './lane-dependencies.ts';

/**
 * Stores what became of transactions on chain.
 *
 * @returns the lane after it
 * @throws LaneRaced
 */
export async function settle(
  deps: LaneDependencies,
  lane: LaneState,
  settlements: readonly Settlement[],
  invocationId: string,
  deadline: Deadline,
): Promise<LaneState> {
  const at = isoTime(deps.clock());
  const transitions: Transition[] = [];
  const amendments: Omit<Transition, 'entry'>[] = [];
  for (const settlement of settlements) {
    if (settlement.kind === 'progress') {
      amendments.push(amend(settlement.transaction, { confirmations: settlement.confirmations }, at));
    } else {
      transitions.push(toTransition(settlement, at, invocationId));
    }
  }
  const after = await deps.store.apply(lane, transitions, amendments, deadline);
  report(deps, transitions);
  return after;
}

function toTransition(
  settlement: Exclude<Settlement, { kind: 'progress' }>,
  at: string,
  invocationId: string,
): Transition {
  const by = { actor: LANE_ACTOR, request_id: invocationId };
  const { transaction } = settlement;
  if (settlement.kind === 'reorged') {
    const gone: TransactionPatch = {
      block_number: null,
      block_hash: null,
      succeeded: null,
      gas_used: null,
      confirmations: 0,
    };
    return advance(transaction, 'submitted', gone, at, by, {
      block_number: transaction.block_number,
      block_hash: transaction.block_hash,
    });
  }
  const { receipt, confirmations } = settlement;
  const detail = { block_number: receipt.blockNumber, block_hash: receipt.blockHash, confirmations };
  if (settlement.kind === 'mined') {
    const patch = { ...minedPatch(transaction, receipt), confirmations };
    return advance(transaction, 'mined', patch, at, by, { ...detail, hash: receipt.transactionHash });
  }
  if (receipt.succeeded) return advance(transaction, 'confirmed', { confirmations }, at, by, detail);
  const failure = { code: 'CONTRACT_REVERT', message: 'The transaction was mined and reverted' };
  return advance(transaction, 'reverted', { confirmations, failure }, at, by, detail);
}

function minedPatch(transaction: Transaction, receipt: Receipt): TransactionPatch {
  return {
    hash: receipt.transactionHash,
    block_number: receipt.blockNumber,
    block_hash: receipt.blockHash,
    succeeded: receipt.succeeded,
    gas_used: receipt.gasUsed.toString(),
    waiting_for: null,
    attempts: transaction.attempts.map((attempt) =>
      attempt.hash === receipt.transactionHash ? { ...attempt, outcome: 'mined' } : attempt,
    ),
  };
}

function report(deps: LaneDependencies, transitions: readonly Transition[]): void {
  const ids = (status: Transaction['status']) =>
    transitions.filter(({ after }) => after.status === status).map(({ after }) => after.id);
  const confirmed = ids('confirmed');
  const reverted = ids('reverted');
  if (confirmed.length > 0) deps.metrics.count('TransactionConfirmed', confirmed.length);
  if (reverted.length > 0) deps.metrics.count('TransactionReverted', reverted.length);
  if (confirmed.length + reverted.length > 0) deps.log.write('TRANSACTIONS_FINAL', { confirmed, reverted });
  for (const { before, after } of transitions) {
    if (before.status !== 'mined' || after.status !== 'submitted') continue;
    deps.log.write('TRANSACTION_REORGED', { transaction_id: after.id, block_hash: before.block_hash });
    deps.metrics.count('TransactionReorged');
  }
}
