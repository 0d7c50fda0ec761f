import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { coverCheck, type FundsReader } from '#shared/custody/policy/cover.ts';
import type { CoverCheck, SpendChange } from '#shared/custody/policy/spend-change.ts';
import { commitSpending } from '#shared/custody/policy/spend-ledger.ts';
import type { WalletDirectory } from '#shared/custody/use-wallet.ts';
import type { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext, PrincipalContext } from '#shared/platform/http/bound-route.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { LaneKicker } from './lane/kick.ts';
import type { LaneKey } from './lane/lane.ts';
import { queueItem, referenceKey, transactionItem } from './ledger-items.ts';
import { type Draft, newTransaction } from './new-transaction.ts';
import { countedDenial, permittedWallet } from './permit.ts';
import { reservingFor } from './reservation.ts';
import type { Speed, Transaction } from './transaction.ts';
import { toTransactionView } from './view.ts';

/** What accepting a transaction needs. */
export interface AcceptDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly audit: string };
  readonly wallets: WalletDirectory;
  readonly chains: ChainRegistry;
  readonly idempotency: IdempotencyStore;
  readonly kicker: LaneKicker;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly metrics: Metrics;
  /** Whether integrators are told what becomes of it, where the intent does not say. Absent: they are not, as of what Haven moves by itself. */
  readonly tellsEvents?: boolean;
  /** Reads the balances that policies require; `not_asked`: they are not held against what is accepted here. */
  readonly funds?: FundsReader | 'not_asked';
}

/** What the caller wants sent. Amounts in wei, as decimal strings. */
export interface TransactionIntent {
  readonly walletId: string;
  readonly chainId: number;
  readonly to: string;
  readonly value: string;
  /** Hex, `0x` when there is none. */
  readonly data: string;
  readonly speed: Speed;
  readonly reference: string | null;
  /** ISO 8601, UTC. */
  readonly validUntil: string | null;
  /** Whom the outbox tells when it ends, as `kind:id`; absent: nobody. */
  readonly watcher?: string;
  /** Whether integrators are told what becomes of it; absent: as the stage says. */
  readonly tellsEvents?: boolean | undefined;
  /** The most gas that it may have; absent: as chain and policy say. */
  readonly maxGas?: bigint;
}

/**
 * Accepts a transaction: stores it, its place in its lane's queue, its reference, its audit entry and the answer in
 * one DynamoDB transaction; then kicks the lane. The place in the queue is the outbox: whatever happens to the kick,
 * the schedule finds the lane by it. No two requests write the same item, so none waits for another; only those of a
 * wallet with a daily limit share the row that counts it.
 *
 * Two AWS calls when the wallet is in memory, three otherwise; one more to read what a daily limit has left, and one
 * look at the chain where the policy requires a balance.
 *
 * @throws WALLET_NOT_FOUND, WALLET_REVOKED, WALLET_ROTATED, POLICY_VIOLATION, INSUFFICIENT_BALANCE, DUPLICATE_REFERENCE,
 *   INVALID_PARAMETER, WRITE_CONFLICT, DATABASE_ERROR, RPC_CONNECTION;
 *   IdempotentReplay when the request was answered before
 */
export async function acceptTransaction(
  deps: AcceptDependencies,
  intent: TransactionIntent,
  context: IdempotentContext,
): Promise<Transaction> {
  const draft = await draftTransaction(deps, intent, context, deps.newId('tx'));
  await commitAccepted(deps, [draft], context, (write) => {
    deps.idempotency.record(write, context.idempotency, { status: 202, body: toTransactionView(draft.transaction) });
    addTransaction(write, deps.tables, draft);
  });
  await announceAccepted(deps, draft.transaction);
  return draft.transaction;
}

/** On whose behalf a transaction is accepted: a caller, or a part of Haven itself. */
export interface AcceptedFor {
  /** The actor of its first audit entry. */
  readonly principal: { readonly id: string };
  /** Names the request, or the invocation. */
  readonly requestId: string;
}

/** What a draft is part of, or made from: shown in its first audit entry. */
export type DraftOrigin = Readonly<
  Partial<Record<'batch_id' | 'retry_of' | 'top_up_of' | 'sweep_of' | 'refund_of' | 'deposit_of', string>>
>;

/**
 * Checks an intent and makes the transaction of it. Reads, and writes nothing: whoever accepts it together with more adds
 * it to their own WriteTransaction (`addTransaction`) and says so after the commit (`announceAccepted`).
 *
 * @throws WALLET_NOT_FOUND, WALLET_REVOKED, WALLET_ROTATED, POLICY_VIOLATION, INVALID_PARAMETER
 */
export async function draftTransaction(
  deps: Pick<AcceptDependencies, 'chains' | 'wallets' | 'clock' | 'metrics' | 'tellsEvents'>,
  intent: TransactionIntent,
  context: AcceptedFor,
  id: string,
  origin: DraftOrigin = {},
): Promise<PermittedDraft> {
  const chain = deps.chains.get(intent.chainId, 'body.chain_id');
  const wallet = await permittedWallet(deps, intent);
  const nowMs = deps.clock();
  const tellsEvents = intent.tellsEvents ?? (deps.tellsEvents === true ? true : undefined);
  if (intent.validUntil !== null && Date.parse(intent.validUntil) <= nowMs) {
    throw fieldError('INVALID_PARAMETER', 'body.valid_until', 'must be in the future');
  }
  const subject = { ...intent, chain_id: intent.chainId, from: wallet.address };
  const reserving = reservingFor({ id, wallet_id: wallet.id }, wallet.policy, subject, chain);
  const draft = newTransaction(
    {
      id,
      wallet_id: wallet.id,
      chain_id: intent.chainId,
      from: wallet.address,
      to: intent.to,
      value: intent.value,
      data: intent.data,
      speed: intent.speed,
      reference: intent.reference,
      valid_until: intent.validUntil,
      required_confirmations: chain.required_confirmations,
      watcher: intent.watcher ?? null,
      ...(origin.retry_of === undefined ? {} : { retry_of: origin.retry_of }),
      ...(tellsEvents === undefined ? {} : { tells_events: tellsEvents }),
      ...(intent.maxGas === undefined ? {} : { max_gas: intent.maxGas.toString() }),
      ...(reserving === undefined ? {} : { reservation: reserving.reservation }),
    },
    { actor: context.principal.id, request_id: context.requestId, severity: 'INFO' },
    isoTime(nowMs),
    origin,
  );
  return { ...draft, spending: reserving?.changes ?? [] };
}

/** A draft with what it takes of its wallet's daily limits. */
export interface PermittedDraft extends Draft {
  readonly spending: readonly SpendChange[];
}

/**
 * Commits what accepts drafts, together with what they take of daily limits.
 *
 * @param fill adds everything else to the write; called anew for each try
 * @throws OverDailyLimit (POLICY_VIOLATION) or InsufficientBalance naming the draft for which there is no room, CONFIGURATION,
 *   RPC_CONNECTION, WRITE_CONFLICT, DATABASE_ERROR, what the write throws
 */
export async function commitAccepted(
  deps: Pick<AcceptDependencies, 'client' | 'tables' | 'metrics' | 'clock' | 'funds'>,
  drafts: readonly PermittedDraft[],
  { deadline }: Pick<PrincipalContext, 'deadline'>,
  fill: (write: WriteTransaction) => void,
): Promise<void> {
  const build = () => {
    const write = new WriteTransaction();
    fill(write);
    return write;
  };
  const changes = drafts.flatMap(({ spending }) => spending);
  const spending = { client: deps.client, table: deps.tables.ledger, cover: coverFor(changes, deps.funds, deadline) };
  await commitSpending(spending, changes, build, deps.clock(), deadline).catch(countedDenial(deps.metrics));
}

/** Who accepts for wallets that must have the money and can't know whether they have it accepts nothing. */
function coverFor(
  changes: readonly SpendChange[],
  funds: AcceptDependencies['funds'],
  deadline: Deadline,
): CoverCheck | undefined {
  if (funds === 'not_asked') return undefined;
  if (funds !== undefined) return coverCheck(funds, deadline);
  const isNeeded = changes.some(({ kind }) => kind.type === 'reserve' && kind.account !== undefined);
  if (isNeeded) throw new HavenError('CONFIGURATION', 'The policy requires a balance, which nobody here can read');
  return undefined;
}

/** Adds everything of a draft: its reference, itself, its place in its lane's queue, its audit entry. */
export function addTransaction(write: WriteTransaction, tables: AcceptDependencies['tables'], draft: Draft): void {
  const { id, reference } = draft.transaction;
  if (reference !== null) putReference(write, tables.ledger, reference, id);
  putDraft(write, tables, draft);
}

/** Counts an accepted transaction and kicks its lane; never fails. */
export async function announceAccepted(
  deps: Pick<AcceptDependencies, 'metrics' | 'kicker'>,
  transaction: Transaction,
): Promise<void> {
  deps.metrics.count('TransactionAccepted');
  await deps.kicker.kick(laneOf(transaction), 'accept');
}

/** The lane of a transaction. */
export function laneOf(transaction: Pick<Transaction, 'chain_id' | 'from'>): LaneKey {
  return { chain_id: transaction.chain_id, address: transaction.from };
}

/** Adds a draft to a transaction: itself, its place in its lane's queue, its first audit entry. Three items. */
export function putDraft(write: WriteTransaction, tables: AcceptDependencies['tables'], draft: Draft): void {
  const { transaction, entry } = draft;
  write.put(tables.ledger, transactionItem(transaction), duplicate);
  write.put(tables.ledger, queueItem(laneOf(transaction), transaction.wallet_id, transaction.id), duplicate);
  appendEntry(write, tables.audit, entry);
}

/**
 * Adds the claim of a reference to a transaction.
 *
 * @param toError what becomes of DUPLICATE_REFERENCE, the error when it has been used
 */
export function putReference(
  write: WriteTransaction,
  table: string,
  reference: string,
  id: string,
  toError: (error: HavenError) => HavenError = (error) => error,
): void {
  write.put(table, { ...referenceKey(reference), transaction_id: id }, (existing) => {
    const of = existing?.['transaction_id'];
    return toError(
      new HavenError('DUPLICATE_REFERENCE', `reference ${reference} is that of ${String(of)}`, {
        details: { fields: [{ field: 'body.reference', message: 'has been used' }], transaction_id: of },
      }),
    );
  });
}

function duplicate(): HavenError {
  return new HavenError('DUPLICATE_TRANSACTION', 'A transaction with this id exists already');
}
