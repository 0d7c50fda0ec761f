import { appendEntry } from '#shared/audit/append-entry.ts';
import { type AuditContent, type AuditEntry, emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { unchangedSince } from '#shared/platform/dynamo/versions.ts';
import type { OnConflict, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { type Sweep, sweepStream } from './sweep.ts';

/** The row of a wallet's last sweep: in a partition of its own, so that who sweeps needs no right to rows of wallets. */
export function sweepKey(walletId: string) {
  return { pk: `SWEEP#${walletId}`, sk: 'SWEEP' };
}

/** The partition of gsi1 that lists open sweeps. */
export const OPEN_SWEEPS = 'OPEN_SWEEPS';

/** A sweep after a change that belongs into its history. */
export interface SweepChange {
  readonly sweep: Sweep;
  readonly entry: AuditEntry;
}

/** Who asks for a sweep, in which request, why and when. */
interface SweepWish {
  readonly actor: string;
  readonly requestId: string;
  readonly reason: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/**
 * A sweep that begins.
 *
 * @param before the one before it
 */
export function newSweep(walletId: string, before: Sweep | undefined, wish: SweepWish): SweepChange {
  const { actor, requestId, reason, at } = wish;
  const round = (before?.round ?? 0) + 1;
  const content = { action: 'sweep.requested', actor, severity: 'WARNING', request_id: requestId, reason } as const;
  const stream = sweepStream(walletId);
  const { entry, head } = nextEntry(stream, before ?? emptyHead(stream), { ...content, detail: { round } }, at);
  const sweep: Sweep = {
    ...head,
    wallet_id: walletId,
    round,
    status: 'open',
    requested_by: actor,
    requested_at: at,
    chains: [],
    moves: [],
    failure: null,
    waiting_for: null,
    waiting_since: null,
    updated_at: at,
    version: (before?.version ?? 0) + 1,
  };
  return { sweep, entry };
}

/**
 * A sweep that ends.
 *
 * @param failure why something stayed; null: nothing did
 * @param at ISO 8601, UTC
 */
export function endedSweep(
  before: Sweep,
  failure: Sweep['failure'],
  by: Pick<AuditContent, 'actor' | 'request_id'>,
  at: string,
): SweepChange {
  const status = failure === null ? 'done' : 'failed';
  const severity = failure === null ? 'INFO' : 'WARNING';
  const moved = before.moves.filter((move) => move.status === 'confirmed').length;
  const detail = { round: before.round, moved, failure };
  const stream = sweepStream(before.wallet_id);
  const { entry, head } = nextEntry(stream, before, { ...by, action: `sweep.${status}`, severity, detail }, at);
  const ended = { status, failure, waiting_for: null, waiting_since: null, updated_at: at } as const;
  return { sweep: { ...before, ...head, ...ended, version: before.version + 1 }, entry };
}

/** Adds a change with its audit entry to a transaction, on the condition that the sweep is as it was read. */
export function addSweep(
  write: WriteTransaction,
  tables: { readonly ledger: string; readonly audit: string },
  before: Sweep | undefined,
  { sweep, entry }: SweepChange,
  onConflict: OnConflict,
): void {
  putSweep(write, tables.ledger, before, sweep, onConflict);
  appendEntry(write, tables.audit, entry);
}

/** Adds a sweep to a transaction, on the condition that it is as it was read; in the index while it is open. */
export function putSweep(
  write: WriteTransaction,
  table: string,
  before: Sweep | undefined,
  after: Sweep,
  onConflict: OnConflict,
): void {
  const open = after.status === 'open' ? { gsi1pk: OPEN_SWEEPS, gsi1sk: after.wallet_id } : {};
  write.put(table, { ...sweepKey(after.wallet_id), ...after, ...open }, onConflict, unchangedSince(before));
}
