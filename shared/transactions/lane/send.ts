import type { ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { Transaction, WaitingFor } from '../transaction.ts';
import { advance, amend } from '../transition.ts';
import { type Admission, admit, type Candidate, worstCaseCostWei } from './admit.ts';
import { broadcast } from './broadcast.ts';
import { FEE_HISTORY_BLOCKS, FEE_PERCENTILES, quoteFees } from './fees.ts';
import { type LaneState, laneName } from './lane.ts';
import { LANE_ACTOR, type LaneDependencies } from './lane-dependencies.ts';
import type { SignedTransition, StoredLane } from './lane-store.ts';
import { type Prepared, signPrepared } from './signing.ts';

/** What sending came to. */
export interface SendResult {
  readonly lane: LaneState;
  /** Whether the first one left in the queue has to wait. */
  readonly held: boolean;
}

/**
 * Sends the first queued transactions: quotes, simulates, admits, signs, claims their nonces in one DynamoDB
 * transaction, and only then broadcasts.
 *
 * @throws LaneRaced, RpcTransportError, KEY_DECRYPTION_FAILED
 */
export async function sendQueued(
  deps: LaneDependencies,
  client: ChainClient,
  chain: ChainConfig,
  stored: StoredLane,
  queued: readonly Transaction[],
  firstNonce: number,
  balanceWei: bigint,
  invocationId: string,
  deadline: Deadline,
): Promise<SendResult> {
  const head = queued[0];
  if (head === undefined) return { lane: stored.lane, held: false };
  if (stored.custody.paused || stored.custody.status !== 'active') {
    await hold(deps, stored.lane, head, 'custody', {}, deadline);
    return { lane: stored.lane, held: true };
  }
  const unmined = stored.inFlight.filter(({ status }) => status !== 'mined');
  const reservedWei = unmined.reduce((sum, transaction) => sum + worstCaseCostWei(transaction), 0n);
  const candidates = await assess(client, chain, queued, deadline);
  const admission = admit(candidates, firstNonce, balanceWei - reservedWei, unmined.length === 0);

  let { lane } = stored;
  if (admission.send.length > 0) {
    lane = await signAndBroadcast(deps, client, stored, admission.send, invocationId, deadline);
  }
  await stop(deps, lane, admission.stop, invocationId, deadline);
  return { lane, held: admission.stop?.kind === 'hold' };
}

async function assess(
  client: ChainClient,
  chain: ChainConfig,
  queued: readonly Transaction[],
  deadline: Deadline,
): Promise<readonly Candidate[]> {
  const [history, estimates] = await Promise.all([
    client.feeHistory(FEE_HISTORY_BLOCKS, FEE_PERCENTILES, deadline),
    client.estimateGas(
      queued.map(({ from, to, value, data }) => ({ from, to, valueWei: BigInt(value), data })),
      deadline,
    ),
  ]);
  const capWei = BigInt(chain.max_fee_per_gas_wei);
  return queued.flatMap((transaction, index): Candidate[] => {
    const gas = estimates[index];
    return gas === undefined ? [] : [{ transaction, gas, quote: quoteFees(history, transaction.speed, capWei) }];
  });
}

async function signAndBroadcast(
  deps: LaneDependencies,
  client: ChainClient,
  stored: StoredLane,
  prepared: readonly Prepared[],
  invocationId: string,
  deadline: Deadline,
): Promise<LaneState> {
  const at = isoTime(deps.clock());
  const by = { actor: LANE_ACTOR, request_id: invocationId };
  const wallet = await deps.wallets.identity(stored.lane.wallet_id);
  const signed = (await signPrepared(deps.signer, wallet, prepared, at)).map((item): SignedTransition => {
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
  const lane = await deps.store.claim(stored, signed, nextNonce, keyUse, at, deadline);
  deps.metrics.count('TransactionSigned', signed.length);
  deps.log.write('TRANSACTIONS_SIGNED', { lane: laneName(lane), transactions: ids, next_nonce: nextNonce });
  const items = signed.map(({ transition, signed: bytes }) => ({ transaction: transition.after, bytes }));
  return broadcast(deps, client, lane, items, invocationId, deadline);
}

async function stop(
  deps: LaneDependencies,
  lane: LaneState,
  reason: Admission['stop'],
  invocationId: string,
  deadline: Deadline,
): Promise<void> {
  if (reason === undefined) return;
  if (reason.kind === 'hold') {
    await hold(deps, lane, reason.transaction, reason.waitingFor, reason.detail, deadline);
    return;
  }
  const failure = { code: reason.code, message: reason.message };
  const by = { actor: LANE_ACTOR, request_id: invocationId };
  const patch = { failure, waiting_for: null };
  const transition = advance(reason.transaction, 'failed', patch, isoTime(deps.clock()), by, failure);
  await deps.store.apply(lane, [transition], [], deadline);
  deps.metrics.count('TransactionFailed');
}

/** Says on the transaction what it waits for; written only when that changes. */
async function hold(
  deps: LaneDependencies,
  lane: LaneState,
  transaction: Transaction,
  waitingFor: WaitingFor,
  detail: Readonly<Record<string, string>>,
  deadline: Deadline,
): Promise<void> {
  if (transaction.waiting_for === waitingFor) return;
  await deps.store.apply(lane, [], [amend(transaction, { waiting_for: waitingFor }, isoTime(deps.clock()))], deadline);
  deps.log.write('LANE_HELD', {
    lane: laneName(lane),
    transaction_id: transaction.id,
    waiting_for: waitingFor,
    ...detail,
  });
  deps.metrics.count('LaneHeld');
}
