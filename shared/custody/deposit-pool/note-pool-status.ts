import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { PoolReader } from './pool-reader.ts';
import { type PoolState, poolStateKey } from './pool-rows.ts';
import { isWorse, type PoolSize, type PoolStatus, poolStatus } from './pool-size.ts';

/** What noting how the pool stands needs. */
export interface NoteDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly logs: string };
  readonly pool: Pick<PoolReader, 'state'>;
  readonly size: PoolSize;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Stores how the pool stands after a refill when that has changed, with an alert in the same transaction when it is worse: one
 * told for each time that it runs low, and one more when it is empty, however many refills see it so. Their dedupe key says which time,
 * so that what was told of the one before, and that it is over, keeps no alert of this one back.
 *
 * @param free wallets that wait
 */
export async function notePoolStatus(deps: NoteDependencies, free: number, deadline: Deadline): Promise<void> {
  const before = await deps.pool.state();
  const status = poolStatus(free, deps.size);
  if (before?.status === status) return;
  const at = isoTime(deps.clock());
  const openedAt = openedAtOf(before) ?? at;
  const opened_at = status === 'filled' ? null : openedAt;
  const after: PoolState = { status, since: at, opened_at, version: (before?.version ?? 0) + 1 };
  const write = new WriteTransaction();
  write.put(
    deps.tables.ledger,
    { ...poolStateKey, ...after },
    () => new Raced('Another run noted how the pool stands'),
    unchangedSince(before),
  );
  const alert = isWorse(before?.status ?? 'filled', status) ? alertOf(deps, { status, free, openedAt, at }) : undefined;
  if (alert !== undefined) recordAlert(write, deps.tables, alert);
  try {
    await write.commit(deps.client, deadline);
  } catch (error) {
    // It looked at the same pool a moment ago; the next run puts right what it saw otherwise.
    if (error instanceof Raced) return;
    throw error;
  }
  deps.log.write('DEPOSIT_POOL_STATUS', { status, was: before?.status ?? null, free });
  if (alert !== undefined) reportAlert(deps, alert);
}

/** Since when a pool as it is stored is not filled; undefined: it is. One that was noted without that has been so since its status at least. */
function openedAtOf(state: PoolState | undefined): string | undefined {
  if (state === undefined || state.status === 'filled') return undefined;
  return state.opened_at ?? state.since;
}

/** What operators are told of. */
interface PoolNews {
  readonly status: PoolStatus;
  readonly free: number;
  /** Since when it is not filled. ISO 8601, UTC, as is `at`. */
  readonly openedAt: string;
  readonly at: string;
}

function alertOf({ newId, size }: NoteDependencies, { status, free, openedAt, at }: PoolNews): Alert {
  const isEmpty = status === 'empty';
  return {
    id: newId('alr'),
    severity: isEmpty ? 'ERROR' : 'WARNING',
    category: 'alarm',
    summary: isEmpty
      ? 'The pool of deposit wallets is empty: no order can be placed'
      : `The pool of deposit wallets is low: ${free} of ${size.target} are left after a refill`,
    details: { free, target: size.target, low_water: size.lowWater },
    dedupe_key: `deposit-pool:${status}:${openedAt}`,
    occurred_at: at,
  };
}
