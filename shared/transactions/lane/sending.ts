import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import type { Transaction } from '../transaction.ts';
import type { ChainView } from './chain-view.ts';
import { SEND_BATCH } from './lane.ts';
import type { LaneSnapshot, Part } from './lane-action.ts';
import { isExpired, type LaneTime } from './lane-time.ts';
import { freeNonces, judgeGap } from './nonces.ts';
import { type Agreement, agreesOnFree, holdsUp } from './second-opinion.ts';
import { countAgreement } from './strangers.ts';

/**
 * Transactions of a lane that are signed and not final, mined ones included: all of them are read in every look. Bounds
 * what a look costs where blocks are fast and finality is deep.
 */
const MAX_TRACKED = 256;

/** A look that shows less than is known was most often answered by a node that lags: another may answer the next. */
const STALE_VIEW_MS = 500;
/** Looking at the chain more often than this learns nothing. */
export const MIN_POLL_MS = 250;

/** A burst passes a full lane within blocks, and to say so of each one would be a write of each; what waits longer says it. */
export const FULL_LANE_SAID_AFTER_MS = 60_000;

/**
 * What to give nonces to, and which. Pure.
 *
 * @param nowMs milliseconds since the Unix epoch
 */
export function sendingOf(
  { lane, queued }: LaneSnapshot,
  view: ChainView,
  chain: ChainConfig,
  unmined: readonly Transaction[],
  { latestMs }: LaneTime,
  nowMs: number,
): Part {
  const verdict = judgeGap(lane, view, chain.required_confirmations);
  // After that only a new block can tell more.
  const doubt = { actions: [], waitMs: Math.max(MIN_POLL_MS, chain.block_time_ms / 2) };
  if (verdict.kind === 'new') return { ...doubt, patch: { gap: verdict.gap }, waitMs: STALE_VIEW_MS };
  // What such a view says of balances and simulations is not to be acted on either.
  const onCount = countAgreement(lane, view);
  if (onCount !== 'agrees') return { ...doubt, holds: heldBy(queued, view, onCount, latestMs) };
  if (verdict.kind === 'doubtful') return doubt;

  const proven = verdict.kind === 'proven' ? verdict.holes : [];
  const [lowest] = proven;
  if (verdict.kind === 'proven' && lowest !== undefined) {
    const onFree = agreesOnFree(view.second, lowest, verdict.provenAtBlock);
    if (onFree !== 'agrees') return { ...doubt, holds: heldBy(queued, view, onFree, latestMs) };
  }
  // It was a late look after all: the next gap has to be proven anew.
  const seenThrough = verdict.kind === 'none' && lane.gap !== null ? { patch: { gap: null } } : {};
  const room = Math.min(SEND_BATCH, chain.in_flight_cap - unmined.length, MAX_TRACKED - lane.in_flight.length);
  const sendable = queued.filter((transaction) => !isExpired(transaction, latestMs)).slice(0, Math.max(0, room));
  const [first] = sendable;
  const last = lane.in_flight.at(-1)?.nonce ?? -1;
  const blocking = proven.filter((nonce) => nonce < last).slice(0, SEND_BATCH);
  // What is held can't fill the gap, and must not hold up what is signed already. What waited for this proof can.
  const isHeld = first !== undefined && first.waiting_for !== null && first.waiting_for !== 'lane';
  if (blocking.length > 0 && (first === undefined || isHeld)) {
    return { ...doubt, actions: [{ type: 'fill', nonces: blocking }] };
  }
  if (first === undefined && room <= 0) {
    const kept = queued.filter((one) => hasWaitedForRoom(one, nowMs) && !isExpired(one, latestMs)).slice(0, 1);
    return { actions: [], holds: kept, ...seenThrough };
  }
  if (first !== undefined) {
    const nonces = freeNonces(lane, view, proven, sendable.length);
    return { actions: [{ type: 'send', transactions: sendable, nonces, unmined, blocking }], ...seenThrough };
  }
  // Nothing waits behind the gap: the counter goes back to what the chain says.
  if (proven.length === 0) return { actions: [], ...seenThrough };
  return { actions: [], patch: { next_nonce: Math.max(view.latestCount, last + 1), gap: null } };
}

function hasWaitedForRoom({ created_at }: Transaction, nowMs: number): boolean {
  return nowMs - Date.parse(created_at) >= FULL_LANE_SAID_AFTER_MS;
}

/** What the first in the queue waits for while nonces are disputed, or nobody can confirm them. */
function heldBy(
  queued: readonly Transaction[],
  { second }: ChainView,
  agreement: Agreement,
  latestMs: number,
): readonly Transaction[] {
  if (!holdsUp(agreement, second)) return [];
  return queued.filter((transaction) => !isExpired(transaction, latestMs)).slice(0, 1);
}
