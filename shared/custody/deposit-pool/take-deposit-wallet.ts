import type { Deadline } from '#shared/platform/deadline.ts';
import { untilUnraced } from '#shared/platform/dynamo/races.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { RetryPolicy, Sleep } from '#shared/platform/retry.ts';
import { NotInPool } from './leave-pool.ts';
import type { PoolKicker } from './pool-kicker.ts';
import type { PoolReader } from './pool-reader.ts';
import { POOL_SHARDS, type PooledWallet } from './pool-rows.ts';
import { type PoolSize, poolStatus } from './pool-size.ts';

/** What taking a wallet from the pool needs. */
export interface TakeDependencies {
  readonly pool: Pick<PoolReader, 'some'>;
  readonly size: PoolSize;
  readonly kicker: PoolKicker;
  readonly metrics: Metrics;
  /** From 0 to 1. Not for secrets: it only keeps rivals apart. */
  readonly random?: () => number;
  readonly wait?: Sleep;
}

/**
 * Wallets among which one is picked at random: two who look at the same 25 get the same one once in 25 times. A read of
 * 25 slots is 4 KB.
 */
const CANDIDATES = 25;

/** Rivals are done within a transaction's time; many attempts are needed only for the last wallets of a pool. */
const RIVALS_RETRY: RetryPolicy = { maxAttempts: 40, baseDelayMs: 5, maxDelayMs: 50 };

/** The error when no wallet waits: the next refill brings some, within a minute at most. */
export function poolIsEmpty(): HavenError {
  return new HavenError('DEPOSIT_POOL_EMPTY', 'No deposit wallet waits to be taken', { retryAfterSeconds: 5 });
}

/**
 * Picks a wallet of the pool and has it taken; when somebody else was first, another one. When few are left, has the pool
 * refilled.
 *
 * @param take commits a transaction with `takeFromPool` in it; whatever it was computed from that may have changed, it reads again
 * @returns what `take` returns
 * @throws DEPOSIT_POOL_EMPTY, WRITE_CONFLICT when others came first all the time; what `take` throws but for NotInPool
 */
export async function withDepositWallet<T>(
  deps: TakeDependencies,
  deadline: Deadline,
  take: (pooled: PooledWallet) => Promise<T>,
): Promise<T> {
  /** A wallet that is there and still can't be had may not be used: to look at it again would lead nowhere. */
  const passed = new Set<string>();
  let isLow = false;
  async function attempt(): Promise<T> {
    const picked = await pickDepositWallet(deps, passed);
    isLow ||= picked.isLow;
    if (picked.wallet === undefined) throw poolIsEmpty();
    try {
      return await take(picked.wallet);
    } catch (error) {
      if (error instanceof NotInPool) passed.add(error.walletId);
      throw error;
    }
  }
  try {
    const taken = await untilUnraced(attempt, RIVALS_RETRY, deadline, deps.wait);
    deps.metrics.count('DepositWalletTaken');
    return taken;
  } finally {
    if (isLow) await deps.kicker.kick();
  }
}

/**
 * Picks a wallet at random: a shard, a place in it, one of those that follow. Another shard only when there is none.
 *
 * @param passed wallets that are not to be had
 */
export async function pickDepositWallet(
  { pool, size, random = Math.random }: Pick<TakeDependencies, 'pool' | 'size' | 'random'>,
  passed: ReadonlySet<string> = new Set(),
): Promise<{ readonly wallet: PooledWallet | undefined; readonly isLow: boolean }> {
  const first = below(POOL_SHARDS, random);
  let isLow = false;
  for (let turn = 0; turn < POOL_SHARDS; turn += 1) {
    const shard = (first + turn) % POOL_SHARDS;
    const found = await pool.some(shard, below(Math.max(size.target, 1), random), CANDIDATES);
    // A shard with fewer than that was seen whole, and says how many all of them have, about: 100 at most are noticed so.
    isLow ||= found.length < CANDIDATES && poolStatus(found.length * POOL_SHARDS, size) !== 'filled';
    const candidates = found.filter(({ walletId }) => !passed.has(walletId));
    const wallet = candidates[below(candidates.length, random)];
    if (wallet !== undefined) return { wallet, isLow };
  }
  return { wallet: undefined, isLow };
}

function below(limit: number, random: () => number): number {
  return Math.min(Math.floor(random() * limit), limit - 1);
}
