import * as z from 'zod';
import { OverDailyLimit } from '#shared/custody/policy/spend-ledger.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { MAX_TRANSACTION_ITEMS, type WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import { IdempotentReplay } from '#shared/platform/idempotency/idempotent-request.ts';
import {
  type AcceptDependencies,
  commitAccepted,
  draftTransaction,
  laneOf,
  type PermittedDraft,
  putReference,
  type TransactionIntent,
} from '../accept.ts';
import { laneName } from '../lane/lane.ts';
import type { Transaction } from '../transaction.ts';
import { toTransactionView } from '../view.ts';
import { type BatchRecord, batchItem } from './batch-record.ts';
import { finishBatch, readBatch } from './finish-batch.ts';
import { forMember, memberError } from './member-error.ts';

/** A batch as it was accepted: its members in the order in which they were given, which is that of their lanes. */
export interface AcceptedBatch {
  readonly id: string;
  readonly transactions: Transaction[];
}

/**
 * Accepts all intents or none. What decides is one DynamoDB transaction: the answer, the claim of every reference, a
 * record that holds every member whole, and a row for each daily limit that they take from
 * (docs/decisions/0013-batches-are-rolled-forward.md).
 * Only then are the members stored as transactions of their own, so no lane can see one of a batch that isn't accepted.
 * When that is cut short, the schedule does the rest within a minute; nothing ever has to be taken back.
 *
 * @throws WALLET_NOT_FOUND, POLICY_VIOLATION, DUPLICATE_REFERENCE, INVALID_PARAMETER, each naming its member;
 *   WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay when the request was answered before
 */
export async function acceptBatch(
  deps: AcceptDependencies,
  intents: readonly TransactionIntent[],
  context: IdempotentContext,
): Promise<AcceptedBatch> {
  refuseTwins(intents);
  const id = deps.newId('bat');
  const nowMs = deps.clock();
  const drafts = await draftAll({ ...deps, clock: () => nowMs }, intents, id, context);
  refuseTooMuch(drafts);
  const transactions = drafts.map(({ transaction }) => transaction);
  const record: BatchRecord = {
    id,
    accepted_at: isoTime(nowMs),
    transaction_ids: transactions.map((transaction) => transaction.id),
    stored: 0,
    members: drafts.map(({ transaction, entry }) => ({ transaction, entry })),
  };
  const body = { id, transactions: transactions.map(toTransactionView) };
  const fill = (write: WriteTransaction) => {
    deps.idempotency.record(write, context.idempotency, { status: 202, body });
    for (const [index, transaction] of transactions.entries()) {
      if (transaction.reference === null) continue;
      putReference(write, deps.tables.ledger, transaction.reference, transaction.id, (error) =>
        memberError(error, index),
      );
    }
    write.put(
      deps.tables.ledger,
      batchItem(record),
      () => new HavenError('DUPLICATE_TRANSACTION', `${id} exists already`),
    );
  };
  try {
    await commitAccepted(deps, drafts, context, fill);
  } catch (error) {
    if (error instanceof IdempotentReplay) await finishAnswered(deps, error, context);
    throw error instanceof OverDailyLimit ? ofMember(error, transactions) : error;
  }
  deps.metrics.count('TransactionAccepted', transactions.length);
  if (await isFinished(deps, record, context)) await kickOnce(deps, drafts);
  return { id, transactions };
}

/** The first member, in their order, for which a daily limit has no room: those before it have some. */
function ofMember(error: OverDailyLimit, transactions: readonly Transaction[]): HavenError {
  const index = transactions.findIndex(({ id }) => id === error.transactionId);
  return index === -1 ? error : memberError(error, index);
}

/** No lane is kicked twice for one batch, however many of its members it has. */
async function kickOnce(deps: Pick<AcceptDependencies, 'kicker'>, members: BatchRecord['members']): Promise<void> {
  const lanes = new Map(members.map(({ transaction }) => laneOf(transaction)).map((lane) => [laneName(lane), lane]));
  await Promise.all([...lanes.values()].map((lane) => deps.kicker.kick(lane, 'accept')));
}

function refuseTwins(intents: readonly TransactionIntent[]): void {
  const first = new Map<string, number>();
  for (const [index, { reference }] of intents.entries()) {
    if (reference === null) continue;
    const before = first.get(reference);
    if (before !== undefined) {
      const twice = fieldError('DUPLICATE_REFERENCE', 'body.reference', `is that of transactions[${before}] as well`);
      throw memberError(twice, index);
    }
    first.set(reference, index);
  }
}

/** In their order, so that of several members at fault the first is named, and a wallet that all share is read once. */
async function draftAll(
  deps: AcceptDependencies,
  intents: readonly TransactionIntent[],
  batchId: string,
  context: IdempotentContext,
): Promise<PermittedDraft[]> {
  // Ids of the same millisecond are in no order of their own, and their order is that of the queue.
  const ids = intents.map(() => deps.newId('tx')).sort();
  const drafts: PermittedDraft[] = [];
  for (const [index, intent] of intents.entries()) {
    const id = ids[index];
    if (id === undefined) throw new Error(`transactions[${index}] has no id`);
    drafts.push(await forMember(index, () => draftTransaction(deps, intent, context, id, { batch_id: batchId })));
  }
  return drafts;
}

/** The batch is accepted whatever happens here: what is left over, the schedule finishes. */
async function isFinished(deps: AcceptDependencies, record: BatchRecord, context: IdempotentContext): Promise<boolean> {
  try {
    await finishBatch(deps, record, context.deadline);
    return true;
  } catch (error) {
    context.log.write('BATCH_LEFT_OPEN', { batch_id: record.id, error });
    return false;
  }
}

const answerSchema = z.object({ id: z.string() });

/** Who repeats a request may be whose first try was cut short: the rest is done before the answer is given again. */
async function finishAnswered(
  deps: AcceptDependencies,
  { answer }: IdempotentReplay,
  context: IdempotentContext,
): Promise<void> {
  const batchId = answerSchema.parse(answer.body).id;
  try {
    const record = await readBatch(deps, batchId);
    if (record === undefined || record.members.length === 0) return;
    if (await isFinished(deps, record, context)) await kickOnce(deps, record.members);
  } catch (error) {
    context.log.write('BATCH_LEFT_OPEN', { batch_id: batchId, error });
  }
}

/** Answer and record. */
const OWN_ITEMS = 2;

/**
 * A reference is an item of the DynamoDB transaction that accepts the batch, and so is each daily limit of a wallet that
 * it takes from: together with the batch's own they have to fit. Only batches over many wallets with limits come near.
 *
 * @throws INVALID_PARAMETER
 */
function refuseTooMuch(drafts: readonly PermittedDraft[]): void {
  const references = drafts.filter(({ transaction }) => transaction.reference !== null).length;
  const limits = new Set(
    drafts.flatMap(({ spending }) => spending.map(({ walletId, asset }) => `${walletId} ${asset}`)),
  );
  if (OWN_ITEMS + references + limits.size <= MAX_TRANSACTION_ITEMS) return;
  throw fieldError(
    'INVALID_PARAMETER',
    'body.transactions',
    `take from ${limits.size} daily limits and have ${references} references; both together may be at most ${MAX_TRANSACTION_ITEMS - OWN_ITEMS}`,
  );
}
