import { isRevert } from '#shared/platform/chain/call-refusal.ts';
import type { ChainCall } from '#shared/platform/chain/chain-client.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { Transaction, WaitingFor } from '../transaction.ts';
import { advance, amend } from '../transition.ts';
import { type Admission, admit, type Candidate, worstCaseCostWei } from './admit.ts';
import { broadcast } from './broadcast.ts';
import { isExpired, type LaneAction } from './decide.ts';
import { enforcePolicy, type SigningLimits, signingLimits } from './enforce-policy.ts';
import { FEE_HISTORY_BLOCKS, FEE_PERCENTILES, quoteFees } from './fees.ts';
import { type LaneState, laneName } from './lane.ts';
import type { LanePass } from './lane-pass.ts';
import type { SignedTransition, StoredLane } from './lane-store.ts';
import type { Shortfall } from './low-balance.ts';
import type { Observation } from './observe.ts';
import { type Prepared, signPrepared } from './signing.ts';

/** What sending came to. */
export interface SendResult {
  readonly lane: LaneState;
  /** Whether the first one left in the queue has to wait. */
  readonly held: boolean;
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
  if (head === undefined) return { lane: stored.lane, held: false };
  if (stored.custody.paused || stored.custody.status !== 'active') {
    await hold(pass, stored.lane, head, 'custody', {});
    return { lane: stored.lane, held: true };
  }
  const permitted = await enforcePolicy(pass, stored, action.transactions);
  if (permitted.transactions.length === 0) return { lane: permitted.lane, held: false };
  const limits = signingLimits(pass, stored.policy);
  const laneIsClear = action.unmined.length === 0;
  const reservedWei = action.unmined.reduce((sum, transaction) => sum + worstCaseCostWei(transaction), 0n);
  const assessed = await assess(pass, permitted.transactions, limits);
  const { maxGas } = limits;
  const candidates = laneIsClear ? await withEndConfirmed(pass, assessed, view.head, maxGas) : assessed;
  const nowMs = pass.clock();
  const late = candidates.findIndex(({ transaction }) => isExpired(transaction, nowMs));
  const inTime = late === -1 ? candidates : candidates.slice(0, late);
  const admission = admit(inTime, action.firstNonce, balanceWei - reservedWei, laneIsClear, maxGas);

  let { lane } = permitted;
  if (admission.send.length > 0)
    lane = await signAndBroadcast(pass, { ...stored, lane }, admission.send, isoTime(nowMs));
  await stop(pass, lane, admission.stop);
  return { lane, held: admission.stop?.kind === 'hold', shortfall: shortfallOf(admission.stop) };
}

function shortfallOf(reason: Admission['stop']): Shortfall | null {
  if (reason?.kind !== 'hold' || reason.waitingFor !== 'funds') return null;
  return { transactionId: reason.transaction.id, missingWei: reason.detail['missing_wei'] ?? null };
}

async function assess(
  { client, deadline }: LanePass,
  queued: readonly Transaction[],
  { feeCapWei }: SigningLimits,
): Promise<readonly Candidate[]> {
  const [history, estimates] = await Promise.all([
    client.feeHistory(FEE_HISTORY_BLOCKS, FEE_PERCENTILES, deadline),
    client.estimateGas(queued.map(toCall), deadline),
  ]);
  return queued.flatMap((transaction, index): Candidate[] => {
    const gas = estimates[index];
    return gas === undefined ? [] : [{ transaction, gas, quote: quoteFees(history, transaction.speed, feeCapWei) }];
  });
}

/**
 * Before a simulation ends the first transaction for good it is run once more, after the very block in which all
 * that went before it was seen mined: the first simulation may have been run by a node that lags, or been followed by
 * a reorganisation.
 */
async function withEndConfirmed(
  { client, deadline }: LanePass,
  candidates: readonly Candidate[],
  head: Observation['view']['head'],
  maxGas: bigint,
): Promise<readonly Candidate[]> {
  const [first, ...others] = candidates;
  if (first === undefined) return candidates;
  const ends = first.gas.ok ? first.gas.value > maxGas : isRevert(first.gas.error);
  if (!ends) return candidates;
  const [gas] = await client.at(head).estimateGas([toCall(first.transaction)], deadline, head.number);
  return gas === undefined ? candidates : [{ ...first, gas }, ...others];
}

function toCall({ from, to, value, data }: Transaction): ChainCall {
  return { from, to, valueWei: BigInt(value), data };
}

async function signAndBroadcast(
  pass: LanePass,
  stored: StoredLane,
  prepared: readonly Prepared[],
  at: string,
): Promise<LaneState> {
  const { by } = pass;
  const wallet = await pass.wallets.identity(stored.lane.wallet_id);
  const signatures = await signPrepared(pass.signer, wallet, prepared, at).catch((error: unknown) =>
    refuse(pass, stored, prepared, at, error),
  );
  const signed = signatures.map((item): SignedTransition => {
    const { attempt, bytes, transaction } = item;
    const patch = {
      nonce: attempt.nonce,
      hash: attempt.hash,
      attempts: [...transaction.attempts, attempt],
      waiting_for: null,
    };
    const detail = { nonce: attempt.nonce, hash: attempt.hash, max_fee_per_gas: attempt.max_fee_per_gas };
    return { transition: advance(transaction, 'signed', patch, at, by, detail), hash: attempt.hash, signed: bytes };
  });
  const ids = signed.map(({ transition }) => transition.after.id);
  const nextNonce = Math.max(...prepared.map(({ nonce }) => nonce)) + 1;
  const keyUse = {
    ...by,
    action: 'key.used',
    severity: 'INFO' as const,
    reason: 'sign transactions',
    detail: { chain_id: stored.lane.chain_id, transactions: ids },
  };
  const lane = await pass.store.claim(stored, signed, nextNonce, keyUse, at, pass.deadline);
  pass.metrics.count('TransactionSigned', signed.length);
  pass.log.write('TRANSACTIONS_SIGNED', { lane: laneName(lane), transactions: ids, next_nonce: nextNonce });
  const items = signed.map(({ transition, signed: bytes }) => ({ transaction: transition.after, bytes }));
  return broadcast(pass, lane, items);
}

/** A key that doesn't decrypt, or isn't that of its wallet, is what tampering looks like: it is on record before it fails. */
async function refuse(
  pass: LanePass,
  stored: StoredLane,
  prepared: readonly Prepared[],
  at: string,
  error: unknown,
): Promise<never> {
  if (error instanceof HavenError && error.code === 'KEY_DECRYPTION_FAILED') {
    pass.metrics.count('KeyRefused');
    const transactions = prepared.map(({ transaction }) => transaction.id);
    const detail = { chain_id: stored.lane.chain_id, transactions };
    const refusal = { ...pass.by, action: 'key.refused', severity: 'CRITICAL' as const, reason: error.message, detail };
    await pass.store.recordRefusal(stored, refusal, at, pass.deadline);
  }
  throw error;
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

/** Says on the transaction what it waits for; written only when that changes. */
async function hold(
  pass: LanePass,
  lane: LaneState,
  transaction: Transaction,
  waitingFor: WaitingFor,
  detail: Readonly<Record<string, string>>,
): Promise<void> {
  if (transaction.waiting_for === waitingFor) return;
  const waiting = amend(transaction, { waiting_for: waitingFor }, isoTime(pass.clock()));
  await pass.store.apply(lane, [], [waiting], pass.deadline);
  pass.log.write('LANE_HELD', {
    lane: laneName(lane),
    transaction_id: transaction.id,
    waiting_for: waitingFor,
    ...detail,
  });
  pass.metrics.count('LaneHeld');
}
