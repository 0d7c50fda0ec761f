import { type AuditContent, type AuditEntry, nextEntry } from '#shared/audit/audit-entry.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { Transaction, TransactionStatus } from './transaction.ts';

/**
 * Every legal transition; docs/lanes.md says when each happens. `mined -> submitted` is a reorg; `signed -> mined` is a
 * broadcast whose answer never came. What is signed leaves the lane without its effect in two ways only: a no-op with its
 * nonce is final (`mined -> cancelled, expired, failed`), or a stranger's transaction with its nonce is (back to `queued`
 * for another nonce, or the same ends when it is no longer wanted): until then its bytes might be mined.
 */
const TRANSITIONS = {
  queued: ['signed', 'failed', 'cancelled', 'expired'],
  signed: ['submitted', 'mined', 'queued', 'cancelled', 'expired', 'failed'],
  submitted: ['mined', 'queued', 'cancelled', 'expired', 'failed'],
  mined: ['submitted', 'confirmed', 'reverted', 'cancelled', 'expired', 'failed'],
  confirmed: [],
  reverted: [],
  failed: [],
  cancelled: [],
  expired: [],
} as const satisfies Readonly<Record<TransactionStatus, readonly TransactionStatus[]>>;

/** The same, for looking up. */
export const transitions: Readonly<Record<TransactionStatus, readonly TransactionStatus[]>> = TRANSITIONS;

/** The statuses to which each status may change; what has a row for every transition is checked by it. */
export type Transitions = { readonly [From in TransactionStatus]: (typeof TRANSITIONS)[From][number] };

/** Whether a status is an end. */
export function isFinal(status: TransactionStatus): boolean {
  return transitions[status].length === 0;
}

/** What changes besides the status. */
export type TransactionPatch = Partial<
  Pick<
    Transaction,
    | 'nonce'
    | 'hash'
    | 'attempts'
    | 'block_number'
    | 'block_hash'
    | 'succeeded'
    | 'gas_used'
    | 'effective_gas_price'
    | 'confirmations'
    | 'waiting_for'
    | 'failure'
    | 'reservation'
    | 'speed'
    | 'cancellation'
    | 'accelerated_at'
  >
>;

/** A state change as one object: what must hold before, what holds after, and the audit entry of the same write. */
export interface Transition {
  readonly before: Transaction;
  readonly after: Transaction;
  readonly entry: AuditEntry;
}

/**
 * Computes a state change.
 *
 * @param at ISO 8601, UTC
 * @param by who does it and in which invocation
 * @throws INVALID_TRANSITION when the table doesn't have it
 */
export function advance(
  before: Transaction,
  to: TransactionStatus,
  patch: TransactionPatch,
  at: string,
  by: Pick<AuditContent, 'actor' | 'request_id'>,
  detail: AuditContent['detail'] = {},
): Transition {
  if (!transitions[before.status].includes(to)) {
    throw new HavenError('INVALID_TRANSITION', `A ${before.status} transaction can't become ${to}`, {
      details: { transaction_id: before.id, from: before.status, to },
    });
  }
  const action = actionOf(before.status, to);
  const severity = GRAVE.has(action) ? 'WARNING' : 'INFO';
  const { entry, head } = nextEntry(before.id, before, { ...by, action, severity, detail }, at);
  const after = { ...before, ...patch, ...head, status: to, updated_at: at, version: before.version + 1 };
  return { before, after, entry };
}

/** Actions of audit entries that are warnings. */
const GRAVE: ReadonlySet<string> = new Set([
  'transaction.failed',
  'transaction.reverted',
  'transaction.reorged',
  'transaction.displaced',
]);

/** What the audit entry of a state change is called: `transaction.signed`. */
export function actionOf(from: TransactionStatus, to: TransactionStatus): string {
  if (from === 'mined' && to === 'submitted') return 'transaction.reorged';
  return to === 'queued' ? 'transaction.displaced' : `transaction.${to}`;
}

/**
 * Computes a change that keeps the status and belongs into the history all the same: another signed version, or that
 * someone asked for something.
 *
 * @param action in dotted words: `transaction.replaced`
 * @param at ISO 8601, UTC
 */
export function note(
  before: Transaction,
  action: string,
  patch: TransactionPatch,
  at: string,
  by: Pick<AuditContent, 'actor' | 'request_id'>,
  detail: AuditContent['detail'],
): Transition {
  const { entry, head } = nextEntry(before.id, before, { ...by, action, severity: 'INFO', detail }, at);
  return { before, after: { ...before, ...patch, ...head, updated_at: at, version: before.version + 1 }, entry };
}

/**
 * Computes a change of facts that is no state change, and so has no audit entry: progress, or what it waits for.
 *
 * @param at ISO 8601, UTC
 */
export function amend(before: Transaction, patch: TransactionPatch, at: string): Omit<Transition, 'entry'> {
  return { before, after: { ...before, ...patch, updated_at: at, version: before.version + 1 } };
}
