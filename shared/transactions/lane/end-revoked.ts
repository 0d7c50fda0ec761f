import type { CustodyState } from '#shared/custody/custody-state.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { Transaction } from '../transaction.ts';
import { advance, type Transition } from '../transition.ts';
import { laneName } from './lane.ts';
import type { LaneDependencies } from './lane-dependencies.ts';
import type { StoredLane } from './lane-store.ts';
import { nextLowBalance } from './low-balance.ts';

/**
 * Ends what is queued of a revoked wallet: `failed`, with the reason of the revocation. No chain is asked: none could say
 * anything that brings it back, and an endpoint that is down must not keep it waiting.
 *
 * @throws LaneRaced
 */
export async function endRevoked(
  deps: Pick<LaneDependencies, 'store' | 'metrics' | 'log'> & { readonly clock: Clock },
  { lane, custody, queued, lowBalance }: StoredLane,
  by: Parameters<typeof advance>[4],
  deadline: Deadline,
): Promise<void> {
  const at = isoTime(deps.clock());
  await deps.store.apply(
    lane,
    queued.map((transaction) => revocationEnd(transaction, custody, at, by)),
    [],
    deadline,
  );
  deps.metrics.count('TransactionFailed', queued.length);
  deps.log.write('REVOKED_QUEUE_FAILED', { lane: laneName(lane), transactions: queued.map(({ id }) => id) });
  if (lowBalance === undefined) return;
  // Nothing of it waits for funds any more, and it is not to be filled.
  const look = { lane, balanceWei: BigInt(lowBalance.balance_wei), shortfall: null };
  const resolved = nextLowBalance(lowBalance, undefined, look, at);
  if (resolved !== undefined) await deps.store.putLowBalance(lowBalance, resolved, deadline);
}

/**
 * How a queued transaction of a revoked wallet ends.
 *
 * @param at ISO 8601, UTC
 */
export function revocationEnd(
  transaction: Transaction,
  { revoked_at, revoked_reason }: Pick<CustodyState, 'revoked_at' | 'revoked_reason'>,
  at: string,
  by: Parameters<typeof advance>[4],
): Transition {
  const because = revoked_reason === undefined ? '' : `: ${revoked_reason}`;
  const failure = { code: 'WALLET_REVOKED', message: `The wallet was revoked before it was signed${because}` };
  const detail = { ...failure, revoked_at: revoked_at ?? null };
  return advance(transaction, 'failed', { failure, waiting_for: null }, at, by, detail);
}
