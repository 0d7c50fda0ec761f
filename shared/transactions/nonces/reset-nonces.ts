import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import { NOT_EXISTS, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { RetryPolicy } from '#shared/platform/retry.ts';
import type { LaneKicker } from '../lane/kick.ts';
import { type LaneState, laneStream } from '../lane/lane.ts';
import { laneItem } from '../ledger-items.ts';
import { isVersion } from '../put-transition.ts';
import { type CountedLane, countLane, type NonceDependencies, type NonceStatus, statusOf } from './nonce-status.ts';

/** What resetting a counter needs besides. */
export interface ResetDependencies extends NonceDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly audit: string };
  readonly idempotency: IdempotencyStore;
  readonly kicker: LaneKicker;
  readonly clock: Clock;
}

/** What somebody wants of a counter. */
export interface ResetWish {
  readonly chainId: number;
  /** Null: what the chain and the lane say. */
  readonly next: number | null;
  readonly force: boolean;
  readonly reason: string;
}

/** The driver writes a lane a few times a second at most. */
const RACES: RetryPolicy = { maxAttempts: 8, baseDelayMs: 20, maxDelayMs: 300 };

/**
 * Sets the counter of a lane: to what the chain says, or to a nonce of one's choice. Nothing that is signed is ever
 * forgotten: what is in flight stays in the lane and keeps its nonce, whatever the counter says. Conditional on the lane
 * as it was read, with an entry on the lane's own audit stream.
 *
 * @throws WALLET_NOT_FOUND, INVALID_PARAMETER for a nonce that is used or would leave a gap; INVALID_TRANSITION for one
 *   below signed transactions, unless forced; RPC_CONNECTION, WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay
 */
export async function resetNonces(
  deps: ResetDependencies,
  walletId: string,
  wish: ResetWish,
  context: IdempotentContext,
): Promise<NonceStatus> {
  deps.chains.get(wish.chainId, 'body.chain_id');
  const attempt = async (): Promise<NonceStatus> => {
    const counted = await countLane(deps, walletId, wish.chainId, context.deadline);
    return store(deps, counted, wish, context);
  };
  const status = await untilUnraced(attempt, RACES, context.deadline);
  await deps.kicker.kick({ chain_id: wish.chainId, address: status.address }, 'request');
  return status;
}

async function store(
  deps: ResetDependencies,
  { lane, counts }: CountedLane,
  wish: ResetWish,
  { principal, requestId, idempotency, deadline }: IdempotentContext,
): Promise<NonceStatus> {
  const next = wish.next ?? Math.max(counts.latest, lastInFlight(lane) + 1);
  check(lane, counts.latest, next, wish.force);
  const at = isoTime(deps.clock());
  const stream = laneStream(lane);
  const { entry, head } = nextEntry(
    stream,
    lane.audit ?? emptyHead(stream),
    {
      action: 'nonces.reset',
      actor: principal.id,
      severity: wish.force ? 'CRITICAL' : 'WARNING',
      request_id: requestId,
      reason: wish.reason,
      detail: { before: lane.next_nonce, next, chain_latest: counts.latest, forced: wish.force },
    },
    at,
  );
  const after: LaneState = {
    ...lane,
    next_nonce: next,
    gap: null,
    unexplained: null,
    synced_at: at,
    audit: head,
    version: lane.version + 1,
  };
  const status = statusOf({ lane: after, counts });
  const write = new WriteTransaction();
  deps.idempotency.record(write, idempotency, { status: 200, body: status });
  const condition = lane.version === 0 ? NOT_EXISTS : isVersion(lane);
  write.put(deps.tables.ledger, laneItem(after), () => new Raced(), condition);
  appendEntry(write, deps.tables.audit, entry);
  await write.commit(deps.client, deadline);
  return status;
}

function lastInFlight({ in_flight }: LaneState): number {
  return in_flight.at(-1)?.nonce ?? -1;
}

function check(lane: LaneState, latest: number, next: number, force: boolean): void {
  if (next < latest) {
    throw fieldError('INVALID_PARAMETER', 'body.next', `is used: the chain has used all nonces below ${latest}`);
  }
  const known = Math.max(latest, lane.next_nonce ?? 0, lastInFlight(lane) + 1);
  if (next > known) {
    throw fieldError('INVALID_PARAMETER', 'body.next', `would leave a gap: the next nonce is at most ${known}`);
  }
  const above = lane.in_flight.filter(({ nonce }) => nonce >= next);
  if (above.length === 0 || force) return;
  throw new HavenError('INVALID_TRANSITION', `${above.length} signed transactions have nonces from ${next} on`, {
    details: { in_flight: above.map(({ nonce, id }) => ({ nonce, transaction_id: id })), next },
  });
}
