import { appendEntry } from '#shared/audit/append-entry.ts';
import { type AuditContent, type AuditEntry, emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { unchangedSince } from '#shared/platform/dynamo/versions.ts';
import type { OnConflict, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import {
  type DepositSweep,
  type DepositSweepId,
  depositSweepKey,
  depositSweepPartition,
  depositSweepStream,
  openDepositSweeps,
  sweepIdOf,
} from './deposit-sweep.ts';

/** A sweep after a change that belongs into its history. */
export interface DepositSweepChange {
  readonly sweep: DepositSweep;
  readonly entry: AuditEntry;
}

type By = Pick<AuditContent, 'actor' | 'request_id' | 'reason'>;

/**
 * A round that begins because payments were confirmed, or an operator asks for it: the first, another, or one more while the one before goes on. Pure.
 *
 * @param of which address
 * @param before as it is stored; undefined: nothing of it was ever swept
 * @param payments how many it takes note of; none where an operator asks
 * @param at ISO 8601, UTC
 */
export function nextRound(
  of: DepositSweepId & Pick<DepositSweep, 'wallet_id' | 'address'>,
  before: DepositSweep | undefined,
  payments: number,
  by: By,
  at: string,
): DepositSweepChange {
  const stream = depositSweepStream(of);
  const round = (before?.round ?? 0) + 1;
  const content = { ...by, action: 'deposit_sweep.opened', severity: 'INFO', detail: { round, payments } } as const;
  const { entry, head } = nextEntry(stream, before ?? emptyHead(stream), content, at);
  const sweep: DepositSweep = {
    moves: [],
    funders: [],
    opened_at: at,
    ...before,
    ...of,
    ...head,
    round,
    status: 'open',
    left: [],
    failure: null,
    waiting_for: null,
    waiting_since: null,
    updated_at: at,
    version: (before?.version ?? 0) + 1,
  };
  return { sweep, entry };
}

/**
 * A sweep whose round ends. Pure.
 *
 * @param end what stays, and why not all has gone; failure null: it has
 * @param at ISO 8601, UTC
 */
export function endedRound(
  before: DepositSweep,
  { left, failure }: Pick<DepositSweep, 'left' | 'failure'>,
  by: By,
  at: string,
): DepositSweepChange {
  const status = failure === null ? 'done' : 'failed';
  const severity = failure === null ? 'INFO' : 'WARNING';
  const { round, moves } = before;
  const moved = moves.filter((move) => move.round === round && move.status === 'confirmed').length;
  const detail = { round, moved, left, failure };
  const action = `deposit_sweep.${status}`;
  const { entry, head } = nextEntry(depositSweepStream(before), before, { ...by, action, severity, detail }, at);
  const ended = { status, left, failure, waiting_for: null, waiting_since: null, updated_at: at } as const;
  return { sweep: { ...before, ...head, ...ended, version: before.version + 1 }, entry };
}

/** The item of a sweep: listed by itself and by its status, and in the index of what is to be done while it is open. */
export function depositSweepItem(sweep: DepositSweep) {
  const { chain_id, order_id, status } = sweep;
  const open = status === 'open' ? { gsi3pk: openDepositSweeps(chain_id), gsi3sk: order_id } : {};
  const id = sweepIdOf(sweep);
  const listed = {
    gsi1pk: depositSweepPartition(),
    gsi1sk: id,
    gsi2pk: depositSweepPartition(status),
    gsi2sk: id,
  };
  return { ...depositSweepKey(sweep), ...sweep, ...listed, ...open };
}

/** Adds a sweep to a transaction, on the condition that it is as it was read. */
export function putDepositSweep(
  write: WriteTransaction,
  table: string,
  before: DepositSweep | undefined,
  after: DepositSweep,
  onConflict: OnConflict,
): void {
  write.put(table, depositSweepItem(after), onConflict, unchangedSince(before));
}

/** Adds a change with its audit entry to a transaction, on the condition that the sweep is as it was read. */
export function addDepositSweep(
  write: WriteTransaction,
  tables: { readonly shop: string; readonly audit: string },
  before: DepositSweep | undefined,
  { sweep, entry }: DepositSweepChange,
  onConflict: OnConflict,
): void {
  putDepositSweep(write, tables.shop, before, sweep, onConflict);
  appendEntry(write, tables.audit, entry);
}
