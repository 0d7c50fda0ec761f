import { appendEntry } from '#shared/audit/append-entry.ts';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { NOT_EXISTS, type WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { requireStanding } from '../custody-state.ts';
import { walletKey } from '../ledger-keys.ts';
import { depositStream, type Holder, holderKey, type PooledWallet, slotKey } from './pool-rows.ts';

/** The wallet is not to be had any more: another one has to be picked. */
export class NotInPool extends Raced {
  readonly walletId: string;

  constructor(walletId: string, why: string) {
    super(`Deposit wallet ${walletId} ${why}`);
    this.name = 'NotInPool';
    this.walletId = walletId;
  }
}

/** Which tables leaving the pool writes to. */
export interface PoolTables {
  readonly ledger: string;
  readonly audit: string;
}

/** Who makes a wallet leave the pool, for its audit entry. */
export interface PoolActor {
  /** A principal, or a part of Haven. */
  readonly actor: string;
  readonly requestId: string;
}

/**
 * Adds to a transaction that an order takes a wallet from the pool: the wallet leaves its slot on the condition that it is
 * there, names the order that holds it on the condition that nobody ever did, and has an entry on its stream
 * `deposit:wal_…`; all on the condition that it is a deposit wallet with this address, active and not paused: whoever could write a
 * slot could not put an address of their own into it, and who puts rows of wallets again (its key state is asked too) gets none handed
 * out that was rotated or revoked. Of any number of rivals one wins. It is never given back: an address that a
 * customer has seen may be paid to at any time.
 *
 * Five items of the transaction. Needs the rights to delete `DEPOSIT_POOL#*` and put `DEPOSIT#*`, to check `CUSTODY#*` and `WALLET#*`, and
 * to put `deposit:*` on the audit table; nothing that could change a wallet.
 *
 * @param pooled as it was picked: see `withDepositWallet`
 * @param orderId who holds it from now on
 * @param at ISO 8601, UTC
 * @throws (at commit) NotInPool, and nothing is written
 */
export function takeFromPool(
  write: WriteTransaction,
  tables: PoolTables,
  pooled: PooledWallet,
  orderId: string,
  by: PoolActor,
  at: string,
): void {
  const unusable = () => new NotInPool(pooled.walletId, 'may not be used');
  requireStanding(write, tables.ledger, pooled.walletId, 'usable', unusable);
  write.check(tables.ledger, walletKey(pooled.walletId), unusable, {
    expression: '#status = :active AND paused = :no AND purpose = :deposit AND address = :address',
    names: { '#status': 'status' },
    values: { ':active': 'active', ':no': false, ':deposit': 'deposit', ':address': pooled.address },
    showsExisting: false,
  });
  leavePool(write, tables, pooled, { status: 'taken', orderId }, by, at);
}

/**
 * Adds to a transaction that a wallet leaves the pool for nobody, because it may not be used any more.
 *
 * @param at ISO 8601, UTC
 * @throws (at commit) NotInPool when it left the pool before
 */
export function retireFromPool(
  write: WriteTransaction,
  tables: PoolTables,
  pooled: PooledWallet,
  by: PoolActor,
  at: string,
): void {
  leavePool(write, tables, pooled, { status: 'retired', orderId: null }, by, at);
}

function leavePool(
  write: WriteTransaction,
  tables: PoolTables,
  { slot, walletId, address }: PooledWallet,
  { status, orderId }: { readonly status: Holder['status']; readonly orderId: string | null },
  { actor, requestId }: PoolActor,
  at: string,
): void {
  const stream = depositStream(walletId);
  const { entry, head } = nextEntry(
    stream,
    emptyHead(stream),
    {
      action: `deposit.${status}`,
      actor,
      severity: status === 'taken' ? 'INFO' : 'WARNING',
      request_id: requestId,
      detail: { address, ...(orderId === null ? {} : { order_id: orderId }) },
    },
    at,
  );
  write.delete(tables.ledger, slotKey(slot), () => new NotInPool(walletId, 'is not in its slot any more'), {
    expression: 'wallet_id = :wallet',
    values: { ':wallet': walletId },
    showsExisting: false,
  });
  const holder: Holder = { ...head, wallet_id: walletId, address, status, order_id: orderId, at };
  write.put(
    tables.ledger,
    { ...holderKey(walletId), ...holder },
    () => new NotInPool(walletId, 'was given out before'),
    { ...NOT_EXISTS, showsExisting: false },
  );
  appendEntry(write, tables.audit, entry);
}
