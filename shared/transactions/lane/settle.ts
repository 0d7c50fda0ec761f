import type { Receipt } from '#shared/platform/chain/receipt.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { attemptWith, type Transaction } from '../transaction.ts';
import { advance, amend, type TransactionPatch, type Transition } from '../transition.ts';
import { decided, endOf } from './ends.ts';
import type { LaneState } from './lane.ts';
import type { Settlement } from './lane-action.ts';
import type { LanePass } from './lane-pass.ts';

/**
 * Stores what became of transactions on chain.
 *
 * @returns the lane after it
 * @throws LaneRaced
 */
export async function settle(pass: LanePass, lane: LaneState, settlements: readonly Settlement[]): Promise<LaneState> {
  const at = isoTime(pass.clock());
  const transitions: Transition[] = [];
  const amendments: Omit<Transition, 'entry'>[] = [];
  for (const settlement of settlements) {
    if (settlement.kind === 'progress') {
      const { confirmations, waitingFor } = settlement;
      amendments.push(amend(settlement.transaction, { confirmations, waiting_for: waitingFor }, at));
    } else {
      transitions.push(toTransition(settlement, at, pass.by));
    }
  }
  const after = await pass.store.apply(lane, transitions, amendments, pass.deadline);
  report(pass, transitions);
  return after;
}

function toTransition(
  settlement: Exclude<Settlement, { kind: 'progress' }>,
  at: string,
  by: LanePass['by'],
): Transition {
  const { transaction } = settlement;
  if (settlement.kind === 'reorged') {
    const gone: TransactionPatch = {
      block_number: null,
      block_hash: null,
      succeeded: null,
      gas_used: null,
      effective_gas_price: null,
      confirmations: 0,
      waiting_for: null,
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
  const winner = attemptWith(transaction, receipt.transactionHash);
  if (winner?.kind === 'noop') {
    const { status, failure } = endOf(transaction.cancellation?.reason ?? 'requested');
    return advance(
      transaction,
      status,
      { confirmations, waiting_for: null, failure, cancellation: decided(transaction.cancellation, 'won') },
      at,
      by,
      { ...detail, by: 'no-op' },
    );
  }
  const cancellation = decided(transaction.cancellation, 'lost');
  const ended = { confirmations, waiting_for: null, cancellation };
  if (receipt.succeeded) return advance(transaction, 'confirmed', ended, at, by, detail);
  const failure = { code: 'CONTRACT_REVERT', message: 'The transaction was mined and reverted' };
  return advance(transaction, 'reverted', { ...ended, failure }, at, by, detail);
}

function minedPatch(transaction: Transaction, receipt: Receipt): TransactionPatch {
  return {
    hash: receipt.transactionHash,
    block_number: receipt.blockNumber,
    block_hash: receipt.blockHash,
    succeeded: receipt.succeeded,
    gas_used: receipt.gasUsed.toString(),
    effective_gas_price: receipt.effectiveGasPriceWei?.toString() ?? null,
    waiting_for: null,
    attempts: transaction.attempts.map((attempt) =>
      attempt.hash === receipt.transactionHash ? { ...attempt, outcome: 'mined' } : attempt,
    ),
  };
}

function report({ log, metrics }: LanePass, transitions: readonly Transition[]): void {
  const ids = (status: Transaction['status']) =>
    transitions.filter(({ after }) => after.status === status).map(({ after }) => after.id);
  const confirmed = ids('confirmed');
  const reverted = ids('reverted');
  if (confirmed.length > 0) metrics.count('TransactionConfirmed', confirmed.length);
  if (reverted.length > 0) metrics.count('TransactionReverted', reverted.length);
  const given_up = [...ids('cancelled'), ...ids('expired'), ...ids('failed')];
  if (confirmed.length + reverted.length + given_up.length > 0) {
    log.write('TRANSACTIONS_FINAL', { confirmed, reverted, given_up });
  }
  for (const { before, after } of transitions) {
    if (before.status !== 'mined' || after.status !== 'submitted') continue;
    log.write('TRANSACTION_REORGED', { transaction_id: after.id, block_hash: before.block_hash });
    metrics.count('TransactionReorged');
  }
}
