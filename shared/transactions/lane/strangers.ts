import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { type ChainView, deepUseOf, judgeStranger } from './chain-view.ts';
import { MAX_FOREIGN } from './lane.ts';
import type { LaneSnapshot, Part } from './lane-action.ts';
import { ownNextNonce } from './nonces.ts';
import { overdueOf } from './overdue.ts';
import { type Agreement, agreesOnOverdue, agreesOnUse, agreesOnUsed, holdsUp, type Overdue } from './second-opinion.ts';

/** What to do about nonces of transactions in flight that strangers used, or that endpoints contradict each other about. Pure. */
export function strangersOf(
  { lane, inFlight }: LaneSnapshot,
  view: ChainView,
  chain: Pick<ChainConfig, 'block_time_ms' | 'rpc_max_head_lag_blocks'>,
  nowMs: number,
): Part & { readonly displaced: ReadonlySet<string>; readonly held: ReadonlySet<string> } {
  const verdicts = inFlight.map((transaction) => ({ transaction, verdict: judgeStranger(transaction, view) }));
  const displacements = verdicts.flatMap(({ transaction, verdict }) =>
    verdict.kind === 'final' ? [{ transaction, use: verdict.use }] : [],
  );
  const [unexplained = null] = verdicts.flatMap(({ verdict }) =>
    verdict.kind === 'unexplained' ? [verdict.nonce] : [],
  );
  const held = verdicts
    .filter(({ transaction, verdict }) => {
      const use = verdict.kind === 'seen' ? deepUseOf(transaction, view) : undefined;
      const agreement = use === undefined ? undefined : agreesOnUse(view.second, use);
      return (
        verdict.kind === 'unexplained' ||
        holdsUp(agreement, view.second) ||
        isDisputed(overdueOf(transaction, view, chain, nowMs), view)
      );
    })
    .map(({ transaction }) => transaction);
  return {
    actions: displacements.length > 0 ? [{ type: 'displace', displacements }] : [],
    holds: held,
    displaced: new Set(displacements.map(({ transaction }) => transaction.id)),
    held: new Set(held.map(({ id }) => id)),
    ...(unexplained === lane.unexplained ? {} : { patch: { unexplained } }),
  };
}

/**
 * Whether another endpoint has in a block what the view does not have: to sign it once more would be in vain. That one said so
 * before, and has no say now, holds nothing up: a version more has the same nonce, so it can't be executed twice.
 */
function isDisputed(overdue: Overdue | undefined, view: ChainView): boolean {
  return overdue !== undefined && agreesOnOverdue(view.second, overdue, view) === 'disagrees';
}

/** What to remember of nonces above all of the lane's own that the chain has used: the key is in use elsewhere. Pure. */
export function passingOf({ lane }: LaneSnapshot, view: ChainView, nowMs: number): Pick<Part, 'patch' | 'uses'> {
  const own = ownNextNonce(lane);
  if (view.latestCount <= own || countAgreement(lane, view) !== 'agrees') return {};
  // Where nobody has asked the chain before, what was used is no news; and need not be confirmed again while nothing is sent.
  if (lane.next_nonce === null) return { patch: { next_nonce: view.latestCount } };
  const first = Math.max(own, view.latestCount - MAX_FOREIGN);
  const at = isoTime(nowMs);
  const uses = Array.from({ length: view.latestCount - first }, (_, index) => ({
    nonce: first + index,
    hash: null,
    transaction_id: null,
    at,
  }));
  return { patch: { next_nonce: view.latestCount }, uses };
}

/** Whether nonces that the chain has used and the lane never gave are more than one endpoint's word. Pure. */
export function countAgreement(lane: LaneSnapshot['lane'], { second, latestCount, head }: ChainView): Agreement {
  return latestCount > ownNextNonce(lane) ? agreesOnUsed(second, latestCount, head.number) : 'agrees';
}
