import { maySignTransactions } from '#shared/custody/custody-state.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Transaction } from '../transaction.ts';
import { advance } from '../transition.ts';
import { type Admission, admit, type Candidate, worstCaseCostWei } from './admit.ts';
import { toCall, withEndConfirmed } from './confirm-end.ts';
import { upToLimit } from './day-limit.ts';
import { deny, enforcePolicy, type SigningLimits, signingLimits } from './enforce-policy.ts';
import { askFees } from './fee-quotes.ts';
import { hold } from './hold.ts';
import type { LaneState } from './lane.ts';
import type { LaneAction } from './lane-action.ts';
import type { LanePass } from './lane-pass.ts';
import type { StoredLane } from './lane-store.ts';
import { isExpired, laneTime } from './lane-time.ts';
import type { Shortfall } from './low-balance.ts';
import type { Observation } from './observe.ts';
import { quoteFirst, speedsByAge } from './queue-urgency.ts';
import { attemptDetail, signAndBroadcast } from './sign-and-broadcast.ts';

/** What sending came to. */
export interface SendResult {
  readonly lane: LaneState;
  /** Whether the first one left in the queue has to wait. */
  readonly held: boolean;
  /** How many were signed. */
  readonly signed: number;
  /** What waits for funds; null: nothing does; absent: nobody looked. */
  readonly shortfall?: Shortfall | null;
}

/**
 * Sends the first queued transactions: quotes, simulates, admits, signs, claims their nonces in one DynamoDB
 * transaction, and only then broadcasts.
 *
 * @throws LaneRaced, ChainMovedError, RpcTransportError, KEY_DECRYPTION_FAILED
 */
export async function sendQueued(
  pass: LanePass,
  stored: StoredLane,
  action: Extract<LaneAction, { type: 'send' }>,
  { view, balanceWei }: Observation,
): Promise<SendResult> {
  const head = action.transactions[0];
  if (head === undefined) return { lane: stored.lane, held: false, signed: 0 };
  if (!maySignTransactions(stored.custody)) {
    await hold(pass, stored.lane, head, 'custody', {});
    return { lane: stored.lane, held: true, signed: 0 };
  }
  const permitted = await enforcePolicy(pass, stored, action.transactions);
  if (permitted.transactions.length === 0) return { lane: permitted.lane, held: false, signed: 0 };
  const limits = signingLimits(pass, stored.policy);
  const laneIsClear = action.unmined.length === 0;
  const reservedWei = action.unmined.reduce((sum, transaction) => sum + worstCaseCostWei(transaction), 0n);
  const assessed = await assess(pass, permitted.transactions, limits);
  const { maxGas } = limits;
  const candidates = laneIsClear ? await withEndConfirmed(pass, assessed, view, maxGas) : assessed;
  const { latestMs } = laneTime(pass.clock(), view.head, pass.chain);
  const late = candidates.findIndex(({ transaction }) => isExpired(transaction, latestMs));
  const inTime = late === -1 ? candidates : candidates.slice(0, late);
  const admission = admit(inTime, action.nonces, balanceWei - reservedWei, laneIsClear, maxGas);

  let { lane } = permitted;
  const { send, denied } = await upToLimit(pass, { ...stored, lane }, admission.send);
  if (send.length > 0) {
    lane = await signAndBroadcast(pass, { ...stored, lane }, send, view.head.number, {
      reason: 'sign transactions',
      transition: (transaction, attempt, patch, at) =>
        advance(transaction, 'signed', patch, at, pass.by, attemptDetail(attempt)),
    });
  }
  // Those behind it take its nonce, in the next pass.
  if (denied !== undefined) {
    return { lane: await deny(pass, lane, denied.transaction, denied), held: false, signed: send.length };
  }
  await stop(pass, lane, admission.stop);
  const held = admission.stop?.kind === 'hold';
  return { lane, held, signed: send.length, shortfall: shortfallOf(admission.stop) };
}

function shortfallOf(reason: Admission['stop']): Shortfall | null {
  if (reason?.kind !== 'hold' || reason.waitingFor !== 'funds') return null;
  return { transactionId: reason.transaction.id, missingWei: reason.detail['missing_wei'] ?? null };
}

async function assess(
  { client, chain, clock, deadline }: LanePass,
  queued: readonly Transaction[],
  { feeCapWei }: SigningLimits,
): Promise<readonly Candidate[]> {
  const [quoteFor, estimates] = await Promise.all([
    askFees(client, chain, deadline),
    client.estimateGas(queued.map(toCall), deadline),
  ]);
  const nowMs = clock();
  return queued.flatMap((transaction, index): Candidate[] => {
    const gas = estimates[index];
    if (gas === undefined) return [];
    return [{ transaction, gas, quote: quoteFirst(quoteFor, speedsByAge(transaction, chain, nowMs), feeCapWei) }];
  });
}

async function stop(pass: LanePass, lane: LaneState, reason: Admission['stop']): Promise<void> {
  if (reason === undefined) return;
  if (reason.kind === 'hold') {
    await hold(pass, lane, reason.transaction, reason.waitingFor, reason.detail);
    return;
  }
  const failure = { code: reason.code, message: reason.message };
  const patch = { failure, waiting_for: null };
  const transition = advance(reason.transaction, 'failed', patch, isoTime(pass.clock()), pass.by, failure);
  await pass.store.apply(lane, [transition], [], pass.deadline);
  pass.metrics.count('TransactionFailed');
}
