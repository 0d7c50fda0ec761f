import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { RetryPolicy, Sleep } from '#shared/platform/retry.ts';
import { requireStanding } from '../custody-state.ts';
import type { WalletStore } from '../wallet-store.ts';
import { toSweepView } from './sweep.ts';
import { addSweep, newSweep } from './sweep-row.ts';
import type { SweepReader } from './sweep-store.ts';

/** What asking for a sweep needs. */
export interface RequestSweepDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly audit: string };
  readonly wallets: Pick<WalletStore, 'custodyState'>;
  readonly sweeps: SweepReader;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
  readonly wait?: Sleep;
}

/** Rivals ask for the same: whoever loses finds a sweep that is open. */
const RIVALS_RETRY: RetryPolicy = { maxAttempts: 8, baseDelayMs: 10, maxDelayMs: 100 };

/**
 * Asks that a rotated wallet be swept once more: the sweep's row, an entry on its stream and the answer, at once.
 *
 * @throws WALLET_NOT_FOUND, INVALID_TRANSITION when it is not rotated or a sweep is open, WRITE_CONFLICT, DATABASE_ERROR;
 *   IdempotentReplay when the request was answered before
 */
export function requestSweep(
  deps: RequestSweepDependencies,
  walletId: string,
  reason: string,
  context: IdempotentContext,
): Promise<ReturnType<typeof toSweepView>> {
  const attempt = async () => {
    await deps.idempotency.replayIfAnswered(context.idempotency);
    const [{ status }, before] = await Promise.all([deps.wallets.custodyState(walletId), deps.sweeps.get(walletId)]);
    if (status !== 'rotated' || before?.status === 'open') {
      const why = status === 'rotated' ? 'is being swept' : `is ${status}; only a rotated one is swept`;
      throw new HavenError('INVALID_TRANSITION', `Wallet ${walletId} ${why}`, {
        details: { wallet_id: walletId, status, ...(before && { sweep: before.status }) },
      });
    }
    const by = { actor: context.principal.id, requestId: context.requestId, reason, at: isoTime(deps.clock()) };
    const begun = newSweep(walletId, before, by);
    const { sweep } = begun;
    const answer = toSweepView(sweep);
    const raced = () => new Raced(`${walletId} was changed meanwhile`);
    const write = new WriteTransaction();
    deps.idempotency.record(write, context.idempotency, { status: 202, body: answer });
    addSweep(write, deps.tables, before, begun, raced);
    requireStanding(write, deps.tables.ledger, walletId, 'rotated', raced);
    await write.commit(deps.client, context.deadline);
    context.log.write('SWEEP_REQUESTED', { wallet_id: walletId, round: sweep.round });
    return answer;
  };
  return untilUnraced(attempt, RIVALS_RETRY, context.deadline, deps.wait);
}
