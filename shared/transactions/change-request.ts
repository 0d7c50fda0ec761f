import type { AuditContent } from '#shared/audit/audit-entry.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { awaitsBlock, type Cancellation, currentAttempt, type Speed, type Transaction } from './transaction.ts';
import { advance, note, type Transition } from './transition.ts';

/** Computes what a request changes of a transaction, as it stands when the request comes. */
export type ChangeRequest = (
  transaction: Transaction,
  at: string,
  by: Pick<AuditContent, 'actor' | 'request_id'>,
) => Transition;

/**
 * Asks that a transaction is not executed. One that waits in the queue is cancelled at once. A signed one might be mined
 * at any time: it is replaced by a no-op with its nonce, and whichever of the two is mined says which won.
 *
 * @throws INVALID_TRANSITION when it is mined or at its end
 */
export const requestCancel: ChangeRequest = (transaction, at, by) => {
  if (transaction.status === 'queued') {
    return advance(
      transaction,
      'cancelled',
      { waiting_for: null, cancellation: requested(at, by.actor, 'won') },
      at,
      by,
    );
  }
  refuseTooLate(transaction, 'cancelled');
  // A second request changes nothing of the first one.
  const cancellation = transaction.cancellation ?? requested(at, by.actor, 'pending');
  return note(transaction, 'transaction.cancel_requested', { cancellation }, at, by, { status: transaction.status });
};

/**
 * Asks for another speed. A signed transaction is signed anew with the fees of that speed, and at least a tenth more than
 * before.
 *
 * @throws (from the request) INVALID_TRANSITION when it is mined or at its end
 */
export function requestSpeed(speed: Speed): ChangeRequest {
  return (transaction, at, by) => {
    const detail = { speed, before: transaction.speed };
    if (transaction.status === 'queued') return note(transaction, 'transaction.accelerated', { speed }, at, by, detail);
    refuseTooLate(transaction, 'accelerated');
    const accelerated_at = afterSignature(transaction, at);
    return note(transaction, 'transaction.accelerated', { speed, accelerated_at }, at, by, detail);
  };
}

/** Later than the version in force, whatever the clock of the machine that signed it said: the request is about it. */
function afterSignature(transaction: Transaction, at: string): string {
  const signedAt = currentAttempt(transaction)?.signed_at;
  return signedAt === undefined || signedAt < at ? at : isoTime(Date.parse(signedAt) + 1);
}

function requested(at: string, actor: string, outcome: Cancellation['outcome']): Cancellation {
  return { reason: 'requested', requested_at: at, requested_by: actor, outcome };
}

function refuseTooLate(transaction: Transaction, wanted: string): void {
  if (awaitsBlock(transaction)) return;
  const { id, status } = transaction;
  throw new HavenError('INVALID_TRANSITION', `A ${status} transaction can't be ${wanted} any more`, {
    details: { transaction_id: id, from: status, to: wanted },
  });
}
