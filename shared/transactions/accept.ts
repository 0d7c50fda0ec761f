import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { commitSpending } from '#shared/custody/policy/spend-ledger.ts';
import type { WalletDirectory } from '#shared/custody/use-wallet.ts';
import type { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { LaneKicker } from './lane/kick.ts';
import { queueItem, referenceKey, transactionItem } from './ledger-items.ts';
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
}

/**
 * Accepts a transaction: stores it, its place in its lane's queue, its reference, its audit entry and the answer in
 * one DynamoDB transaction; then kicks the lane. The place in the queue is the outbox: whatever happens to the kick,
 * the schedule finds the lane by it. No two requests write the same item, so none waits for another; only those of a
 * wallet with a daily limit share the row that counts it.
 *
 * Two AWS calls when the wallet is in memory, three otherwise; one more to read what a daily limit has left.
 *
 * @throws WALLET_NOT_FOUND, POLICY_VIOLATION, DUPLICATE_REFERENCE, INVALID_PARAMETER, WRITE_CONFLICT, DATABASE_ERROR;
 *   IdempotentReplay when the request was answered before
 */
export async function acceptTransaction(
  deps: AcceptDependencies,
  intent: TransactionIntent,
  context: IdempotentContext,
): Promise<Transaction> {
  const chain = deps.chains.get(intent.chainId, 'body.chain_id');
  const wallet = await permittedWallet(deps, intent);
  const nowMs = deps.clock();
  if (intent.validUntil !== null && Date.parse(intent.validUntil) <= nowMs) {
    throw fieldError('INVALID_PARAMETER', 'body.valid_until', 'must be in the future');
  }
  const at = isoTime(nowMs);
  const id = deps.newId('tx');
  const { entry, head } = nextEntry(
    id,
    emptyHead(id),
    {
      action: 'transaction.queued',
      actor: context.principal.id,
      severity: 'INFO',
      request_id: context.requestId,
      detail: { wallet_id: wallet.id, chain_id: intent.chainId, to: intent.to, value: intent.value },
    },
    at,
  );
  const capWei = BigInt(chain.max_fee_per_gas_wei);
  const subject = { ...intent, chain_id: intent.chainId, from: wallet.address };
  const reserving = reservingFor(wallet.id, wallet.policy, subject, capWei, nowMs);
  const transaction: Transaction = {
    ...head,
    id,
    status: 'queued',
    wallet_id: wallet.id,
    chain_id: intent.chainId,
    from: wallet.address,
    to: intent.to,
    value: intent.value,
    data: intent.data,
    speed: intent.speed,
    reference: intent.reference,
    valid_until: intent.validUntil,
    nonce: null,
    hash: null,
    attempts: [],
    block_number: null,
    block_hash: null,
    succeeded: null,
    gas_used: null,
    confirmations: 0,
    required_confirmations: chain.required_confirmations,
    waiting_for: null,
    failure: null,
    ...(reserving === undefined ? {} : { reservation: reserving.reservation }),
    cancellation: null,
    accelerated_at: null,
    created_at: at,
    updated_at: at,
    version: 1,
  };
  const lane = { chain_id: intent.chainId, address: wallet.address };
  const build = () => {
    const write = new WriteTransaction();
    deps.idempotency.record(write, context.idempotency, { status: 202, body: toTransactionView(transaction) });
    if (intent.reference !== null) putReference(write, deps.tables.ledger, intent.reference, id);
    write.put(deps.tables.ledger, transactionItem(transaction), duplicate);
    write.put(deps.tables.ledger, queueItem(lane, wallet.id, id), duplicate);
    appendEntry(write, deps.tables.audit, entry);
    return write;
  };
  const spending = { client: deps.client, table: deps.tables.ledger };
  await commitSpending(spending, reserving?.changes ?? [], build, nowMs, context.deadline).catch(
    countedDenial(deps.metrics),
  );
  deps.metrics.count('TransactionAccepted');
  await deps.kicker.kick(lane, 'accept');
  return transaction;
}

function putReference(write: WriteTransaction, table: string, reference: string, id: string): void {
  write.put(table, { ...referenceKey(reference), transaction_id: id }, (existing) => {
    const of = existing?.['transaction_id'];
    return new HavenError('DUPLICATE_REFERENCE', `reference ${reference} is that of ${String(of)}`, {
      details: { fields: [{ field: 'body.reference', message: 'has been used' }], transaction_id: of },
    });
  });
}

function duplicate(): HavenError {
  return new HavenError('DUPLICATE_TRANSACTION', 'A transaction with this id exists already');
}
