import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import { requireVersion } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { RetryPolicy, Sleep } from '#shared/platform/retry.ts';
import { type DepositSweep, parseSweepId, sweepIdOf } from './deposit-sweep.ts';
import { addDepositSweep, nextRound } from './deposit-sweep-row.ts';
import type { DepositSweepStore } from './deposit-sweep-store.ts';
import { toDepositSweepView } from './routes.ts';
import type { ListedSweep } from './sweep-list.ts';

/** What having a sweep tried again needs. */
export interface RetrySweepDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly shop: string; readonly audit: string };
  readonly sweeps: Pick<DepositSweepStore, 'get'>;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly wait?: Sleep;
}

/** Rivals are the sweeper, and another operator. */
const RETRY: RetryPolicy = { maxAttempts: 5, baseDelayMs: 10, maxDelayMs: 200 };

/**
 * A sweep by its id.
 *
 * @throws SWEEP_NOT_FOUND
 */
export async function requireSweep(
  { sweeps }: Pick<RetrySweepDependencies, 'sweeps'>,
  id: string,
): Promise<ListedSweep> {
  const found = await sweeps.get(parseSweepId(id));
  if (found === undefined) throw new HavenError('SWEEP_NOT_FOUND', `There is no sweep ${id}`);
  return { ...found, id };
}

/**
 * Opens another round of a sweep that has ended, for an operator who has mended what it failed by: with the answer and an entry on its stream, on the
 * condition that it is as it was judged.
 *
 * @throws SWEEP_NOT_FOUND, VERSION_MISMATCH, INVALID_TRANSITION for one that goes on, WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay
 */
export function retrySweep(
  deps: RetrySweepDependencies,
  id: string,
  reason: string,
  context: IdempotentContext,
): Promise<ReturnType<typeof toDepositSweepView>> {
  return untilUnraced(
    async () => {
      const before: DepositSweep = await requireSweep(deps, id);
      requireVersion(context, before.version, `Sweep ${id}`);
      if (before.status === 'open') {
        throw new HavenError('INVALID_TRANSITION', `Sweep ${id} goes on: there is nothing to try again`, {
          details: { sweep_id: id, from: before.status, waiting_for: before.waiting_for },
        });
      }
      const by = { actor: context.principal.id, request_id: context.requestId, reason };
      const { order_id, chain_id, wallet_id, address } = before;
      const change = nextRound({ order_id, chain_id, wallet_id, address }, before, 0, by, isoTime(deps.clock()));
      const view = toDepositSweepView({ ...change.sweep, id: sweepIdOf(change.sweep) });
      const write = new WriteTransaction();
      deps.idempotency.record(write, context.idempotency, { status: 202, body: view });
      addDepositSweep(write, deps.tables, before, change, () => new Raced(`Sweep ${id} was changed meanwhile`));
      await write.commit(deps.client, context.deadline, deps.wait);
      deps.log.write('DEPOSIT_SWEEP_RETRIED', { order_id, chain_id, address, round: change.sweep.round });
      return view;
    },
    RETRY,
    context.deadline,
    deps.wait,
  );
}
