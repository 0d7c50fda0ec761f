import { appendEntry } from '#shared/audit/append-entry.ts';
import { nextEntry } from '#shared/audit/audit-entry.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { tooManyRivals, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import {
  type AcceptDependencies,
  addTransaction,
  announceAccepted,
  commitAccepted,
  draftTransaction,
} from './accept.ts';
import { transactionItem } from './ledger-items.ts';
import type { Speed, Transaction } from './transaction.ts';
import type { TransactionStore } from './transaction-store.ts';
import { isFinal } from './transition.ts';
import { toTransactionView } from './view.ts';

/** What retrying a transaction needs. */
export interface RetryDependencies extends AcceptDependencies {
  readonly transactions: Pick<TransactionStore, 'get'>;
}

/** What may differ from the original. */
export interface RetryWish {
  readonly speed?: Speed | undefined;
  /** Of the new transaction; the original's stays its own. */
  readonly reference: string | null;
  /** ISO 8601, UTC. The original's is not taken over: it may be what ended it. */
  readonly validUntil: string | null;
}

/** What came of it. */
export interface Retry {
  readonly outcome: 'accepted' | 'kicked';
  /** The new transaction if one was accepted, else the open one that was named. */
  readonly transaction: Transaction;
}

/**
 * Carries out the intent of an ended transaction again, as a new transaction: the only way, because no end is ever left.
 * Both know of each other, and the original takes one successor at most, so that two operators who retry the same one
 * don't send twice. An open transaction is not touched; its lane is kicked.
 *
 * @throws TRANSACTION_NOT_FOUND, INVALID_TRANSITION when it is confirmed or retried already, WALLET_NOT_FOUND,
 *   POLICY_VIOLATION, DUPLICATE_REFERENCE, INVALID_PARAMETER, WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay
 */
export async function retryTransaction(
  deps: RetryDependencies,
  id: string,
  wish: RetryWish,
  context: IdempotentContext,
): Promise<Retry> {
  const original = await deps.transactions.get(id);
  if (!isFinal(original.status)) return kickLane(deps, original, context);
  refuseRetried(original);
  refuseWatched(original);
  const intent = {
    walletId: original.wallet_id,
    chainId: original.chain_id,
    to: original.to,
    value: original.value,
    data: original.data,
    speed: wish.speed ?? original.speed,
    reference: wish.reference,
    validUntil: wish.validUntil,
    // What wasn't told of stays so, whatever the stage has come to say since.
    tellsEvents: original.tells_events ?? false,
  };
  const draft = await draftTransaction(deps, intent, context, deps.newId('tx'), { retry_of: id });
  const { transaction } = draft;
  const body = { outcome: 'accepted', transaction: toTransactionView(transaction) };
  await commitAccepted(deps, [draft], context, (write) => {
    deps.idempotency.record(write, context.idempotency, { status: 202, body });
    putSuccessor(write, deps, original, transaction, context);
    addTransaction(write, deps.tables, draft);
  });
  await announceAccepted(deps, transaction);
  return { outcome: 'accepted', transaction };
}

/** Kept as the answer to this key, so that a repeat doesn't become a retry because the transaction has ended since. */
async function kickLane(deps: RetryDependencies, open: Transaction, context: IdempotentContext): Promise<Retry> {
  const write = new WriteTransaction();
  const body = { outcome: 'kicked', transaction: toTransactionView(open) };
  deps.idempotency.record(write, context.idempotency, { status: 202, body });
  await write.commit(deps.client, context.deadline);
  await deps.kicker.kick({ chain_id: open.chain_id, address: open.from }, 'accept');
  return { outcome: 'kicked', transaction: open };
}

function refuseRetried({ id, status, retried_by }: Transaction): void {
  if (status === 'confirmed') {
    throw new HavenError('INVALID_TRANSITION', `${id} is confirmed: there is nothing to retry`, {
      details: { transaction_id: id, from: status },
    });
  }
  if (retried_by !== undefined) {
    throw new HavenError('INVALID_TRANSITION', `${id} was retried already, by ${retried_by}`, {
      details: { transaction_id: id, from: status, retried_by },
    });
  }
}

/** Notes the successor on the original. `updated_at` stays, because for an ended transaction it says when it ended. */
function putSuccessor(
  write: WriteTransaction,
  { tables, clock }: RetryDependencies,
  original: Transaction,
  successor: Transaction,
  context: IdempotentContext,
): void {
  const { entry, head } = nextEntry(
    original.id,
    original,
    {
      action: 'transaction.retried',
      actor: context.principal.id,
      severity: 'INFO',
      request_id: context.requestId,
      detail: { retried_by: successor.id },
    },
    isoTime(clock()),
  );
  const after = { ...original, ...head, retried_by: successor.id, version: original.version + 1 };
  write.put(
    tables.ledger,
    transactionItem(after),
    (existing) => {
      const by = existing?.['retried_by'];
      if (by === undefined) return tooManyRivals(new Error(`${original.id} was changed meanwhile`));
      return new HavenError('INVALID_TRANSITION', `${original.id} was retried already, by ${String(by)}`, {
        details: { transaction_id: original.id, from: original.status, retried_by: by },
      });
    },
    {
      expression: '#version = :version AND #status = :status',
      names: { '#version': 'version', '#status': 'status' },
      values: { ':version': original.version, ':status': original.status },
    },
  );
  appendEntry(write, tables.audit, entry);
}

/** What waits for the original has been told of its end; done again, the effect would belong to nothing. */
function refuseWatched({ id, status, watcher }: Transaction): void {
  if (watcher === null) return;
  throw new HavenError('INVALID_TRANSITION', `${id} is part of ${watcher}, which has ended with it; begin that anew`, {
    details: { transaction_id: id, from: status, to: 'queued', watcher },
  });
}
