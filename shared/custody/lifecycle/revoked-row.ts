import { unchangedSince } from '#shared/platform/dynamo/versions.ts';
import type { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { CustodyState } from '../custody-state.ts';
import { facetPartition, walletKey } from '../ledger-keys.ts';
import type { Wallet } from '../wallet.ts';

/** What the row of a revoked wallet must say, by its key state; what people call it stays. */
export function revokedRow(
  {
    status: _status,
    successor_id: _successor,
    rotated_at,
    revoked_at: _revoked,
    key_destroyed_at: _gone,
    ...row
  }: Wallet,
  custody: CustodyState,
): Wallet {
  const { status, revoked_at, successor_id, key_destroyed_at, paused } = custody;
  return {
    ...row,
    ...{ status, paused, version: row.version + 1 },
    ...(revoked_at === undefined ? {} : { revoked_at }),
    ...(successor_id === undefined ? {} : { successor_id, ...rotatedAt(custody.rotated_at ?? rotated_at) }),
    ...(key_destroyed_at === undefined ? {} : { key_destroyed_at }),
  };
}

function rotatedAt(rotated_at: string | undefined): Pick<Wallet, 'rotated_at'> {
  return rotated_at === undefined ? {} : { rotated_at };
}

/** Members of a wallet's row that follow its key state. */
const FOLLOWING = ['revoked_at', 'rotated_at', 'successor_id', 'key_destroyed_at'] as const;

/**
 * Adds to a transaction that the row of a revoked wallet says what `revokedRow` made of it, and nothing that it may not.
 *
 * @param table the ledger
 * @param raced that the row was changed since it was read
 */
export function writeRevokedRow(
  write: WriteTransaction,
  table: string,
  before: Wallet,
  after: Wallet,
  raced: () => Error,
): void {
  const said = FOLLOWING.filter((name) => after[name] !== undefined);
  const unsaid = FOLLOWING.filter((name) => after[name] === undefined && before[name] !== undefined);
  const expression = [
    'SET #status = :status, paused = :paused, gsi2pk = :facet, #version = :next',
    ...said.map((name) => `, ${name} = :${name}`),
    ...(unsaid.length === 0 ? [] : [` REMOVE ${unsaid.join(', ')}`]),
  ].join('');
  const values = {
    ...{ ':status': after.status, ':paused': after.paused, ':next': after.version },
    ':facet': facetPartition(after.purpose, after.status),
    ...Object.fromEntries(said.map((name) => [`:${name}`, after[name]])),
  };
  const update = { expression, names: { '#status': 'status' }, values };
  write.update(table, walletKey(after.id), update, raced, unchangedSince(before));
}
