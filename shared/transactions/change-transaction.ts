import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { commitSpending } from '#shared/custody/policy/spend-ledger.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { OutboxWaker } from '#shared/platform/outbox/outbox-waker.ts';
import type { RetryPolicy } from '#shared/platform/retry.ts';
import type { ChangeRequest } from './change-request.ts';
import type { LaneKicker } from './lane/kick.ts';
import { putTransition } from './put-transition.ts';
import { spendingOf } from './reservation.ts';
import type { Transaction } from './transaction.ts';
import type { TransactionStore } from './transaction-store.ts';
import type { Transition } from './transition.ts';
import { toTransactionView } from './view.ts';
import { endMessage } from './watcher.ts';

/** What changing a transaction on request needs. */
export interface ChangeDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly audit: string };
  readonly transactions: Pick<TransactionStore, 'get'>;
  readonly idempotency: IdempotencyStore;
  readonly kicker: LaneKicker;
  /** Told of the outbox message that an end leaves. */
  readonly waker: OutboxWaker;
  readonly clock: Clock;
}

/** The driver changes a transaction a few times a second at most, so few races are lost in a row. */
const RACES: RetryPolicy = { maxAttempts: 8, baseDelayMs: 20, maxDelayMs: 300 };

/**
 * Changes a transaction as somebody asked for: its new state, the audit entry and the answer in one DynamoDB
 * transaction, conditional on what was read. The driver and the request are rivals: whoever writes first wins, and the
 * other looks again. Then the lane is kicked, and who watches a transaction that has ended is told.
 *
 * @throws TRANSACTION_NOT_FOUND, INVALID_TRANSITION, WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay when the request
 *   was answered before
 */
export async function changeTransaction(
  deps: ChangeDependencies,
  id: string,
  change: ChangeRequest,
  context: IdempotentContext,
): Promise<Transaction> {
  const { principal, requestId, deadline } = context;
  const attempt = async (): Promise<Transition> => {
    const before = await deps.transactions.get(id);
    const by = { actor: principal.id, request_id: requestId };
    const transition = change(before, isoTime(deps.clock()), by);
    const build = () => {
      const write = new WriteTransaction();
      deps.idempotency.record(write, context.idempotency, { status: 202, body: toTransactionView(transition.after) });
      putTransition(write, deps.tables, transition, (what) => new Raced(what));
      return write;
    };
    const spending = { client: deps.client, table: deps.tables.ledger };
    await commitSpending(spending, spendingOf(transition), build, deps.clock(), deadline);
    return transition;
  };
  const changed = await untilUnraced(attempt, RACES, deadline);
  const { after } = changed;
  const message = endMessage(changed);
  await Promise.all([
    deps.kicker.kick({ chain_id: after.chain_id, address: after.from }, 'request'),
    message === undefined ? undefined : deps.waker.wake([message.id]),
  ]);
  return after;
}
