import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { awaitsBlock, currentAttempt, type Transaction } from '../transaction.ts';
import { type ChainView, finalReceiptOf, receiptOf } from './chain-view.ts';
import { SEND_BATCH } from './lane.ts';
import type { LaneAction, LaneSnapshot, Settlement } from './lane-action.ts';
import { isExpired, type LaneTime, laneTime } from './lane-time.ts';
import { isSilent } from './overdue.ts';
import { type Replacement, type ReplacementCause, replacementOf } from './replacement.ts';
import { agreesOnReceipt, holdsUp } from './second-opinion.ts';
import { MIN_POLL_MS, sendingOf } from './sending.ts';
import { passingOf, strangersOf } from './strangers.ts';
import { witnessOf } from './witness.ts';

/** After an answer that says nothing, the bytes are handed over again this soon. */
const UNKNOWN_RETRY_MS = 2_000;
/** Those that can always be signed anew first: what is only stuck behind another one may turn out to be worth a block's while. */
const CAUSES: readonly ReplacementCause[] = ['unwanted', 'accelerated', 'underpriced', 'stuck'];

/**
 * What is to be signed anew now: the first of the lane, because all others wait behind it; then what does not wait for
 * anything yet, so that what can't be replaced now keeps the place of nobody who can; and of both what is no longer wanted
 * first, because its no-op may pass the cap.
 *
 * @returns with the ids of all that is not to be handed over as it is: what is unwanted is left out even where its turn has not come
 */
function dueOf(snapshot: LaneSnapshot, view: ChainView, time: LaneTime, held: ReadonlySet<string>) {
  const free = snapshot.inFlight.filter(({ id }) => !held.has(id));
  const all = free.flatMap((transaction) => dueFor(transaction, view, time) ?? []);
  const unwanted = all.filter(({ cause }) => cause === 'unwanted');
  const lowest = snapshot.inFlight.find(({ nonce }) => nonce !== null && nonce >= view.latestCount)?.id;
  const rank = ({ transaction, cause }: Replacement) =>
    transaction.id === lowest ? -1 : CAUSES.indexOf(cause) + (transaction.waiting_for === null ? 0 : CAUSES.length);
  const due = all.toSorted((a, b) => rank(a) - rank(b)).slice(0, SEND_BATCH);
  return { due, dueIds: new Set([...due, ...unwanted].map(({ transaction }) => transaction.id)) };
}

/**
 * What to do next on a lane: a pure function of what is stored, what the chain says, and the time. Ends with a `wait`
 * while anything is in flight or doubtful; an empty list means that the lane is at rest. docs/lanes.md has it as a table.
 *
 * @param nowMs milliseconds since the Unix epoch
 */
export function decide(snapshot: LaneSnapshot, view: ChainView, chain: ChainConfig, nowMs: number): LaneAction[] {
  const actions: LaneAction[] = [];
  const time = laneTime(nowMs, view.head, chain);
  const silent = snapshot.inFlight.filter((transaction) => needsBroadcast(transaction, view, chain, nowMs));
  const strangers = strangersOf(snapshot, view, chain, nowMs);
  const { due, dueIds } = dueOf(snapshot, view, time, strangers.held);
  const again = silent.filter(({ id }) => !dueIds.has(id) && !strangers.displaced.has(id) && !strangers.held.has(id));
  if (again.length > 0) actions.push({ type: 'broadcast', transactions: again });

  const settlements = snapshot.inFlight.flatMap((transaction) => settlementOf(transaction, view) ?? []);
  if (settlements.length > 0) actions.push({ type: 'settle', settlements });
  actions.push(...strangers.actions);
  const unmined = unminedOf(snapshot, view, settlements);
  const sending = sendingOf(snapshot, view, chain, unmined, time, nowMs);
  const holds = [...(strangers.holds ?? []), ...(sending.holds ?? [])];
  if (holds.length > 0) actions.push({ type: 'hold', transactions: holds, waitingFor: 'lane' });
  // What is written anyhow in this pass says it, too.
  const written = new Set([
    ...[...again, ...holds].map(({ id }) => id),
    ...settlements.map(({ transaction }) => transaction.id),
    ...strangers.displaced,
    ...dueIds,
  ]);
  const found = snapshot.inFlight.filter((one) => waitedForChain(one) && !written.has(one.id));
  if (found.length > 0) actions.push({ type: 'hold', transactions: found, waitingFor: null });

  const expired = snapshot.queued.filter((transaction) => isExpired(transaction, time.agreedMs));
  if (expired.length > 0) actions.push({ type: 'expire', transactions: expired });

  if (due.length > 0) {
    const silentIds = new Set(silent.map(({ id }) => id));
    const unheard = due.map(({ transaction }) => transaction).filter(({ id }) => silentIds.has(id));
    actions.push({ type: 'replace', replacements: due, unheard, unmined });
  }
  const passing = passingOf(snapshot, view, nowMs);
  const witness = witnessOf(snapshot, view, chain, nowMs);
  const patch = { ...passing.patch, ...strangers.patch, ...sending.patch, ...witness };
  if (Object.keys(patch).length > 0)
    actions.push({ type: 'remember', patch, ...(passing.uses && { uses: passing.uses }) });
  actions.push(...sending.actions);

  // What is too late by one clock alone: the next block may tell.
  const doubtful = snapshot.queued.some(
    (transaction) => isExpired(transaction, time.latestMs) && !isExpired(transaction, time.agreedMs),
  );
  const waits = [
    waitMs(snapshot, settlements, chain),
    sending.waitMs,
    doubtful ? Math.max(MIN_POLL_MS, chain.block_time_ms / 2) : undefined,
  ].filter((forMs) => forMs !== undefined);
  if (waits.length > 0) actions.push({ type: 'wait', forMs: Math.min(...waits) });
  return actions;
}

/** Said of it when nobody could look at the chain: somebody has, just now. What a node refuses for its own cap waits on. */
function waitedForChain(transaction: Transaction): boolean {
  const { waiting_for, status } = transaction;
  const isRefused = currentAttempt(transaction)?.outcome === 'refused';
  return waiting_for === 'circuit' && status !== 'mined' && !isRefused;
}

/** In flight and in no block of this view: what counts against a node's limit per account. */
function unminedOf(
  snapshot: LaneSnapshot,
  view: ChainView,
  settlements: readonly Settlement[],
): readonly Transaction[] {
  const settled = new Map(settlements.map((settlement) => [settlement.transaction.id, settlement.kind]));
  return snapshot.inFlight.filter(({ id, status, block_number }) => {
    const kind = settled.get(id);
    if (kind !== undefined) return kind === 'reorged';
    return status !== 'mined' || (block_number ?? 0) > view.head.number;
  });
}

function settlementOf(transaction: Transaction, view: ChainView): Settlement | undefined {
  const receipt = receiptOf(transaction, view);
  if (receipt === undefined) {
    // A view from before its block says nothing about it: behind one URL some nodes are a few blocks late.
    const isSeen = transaction.status === 'mined' && view.head.number >= (transaction.block_number ?? 0);
    return isSeen ? { kind: 'reorged', transaction } : undefined;
  }
  const confirmations = Math.max(0, view.head.number - receipt.blockNumber + 1);
  if (awaitsBlock(transaction)) return { kind: 'mined', transaction, receipt, confirmations };
  if (transaction.status !== 'mined') return undefined;
  if (receipt.blockHash !== transaction.block_hash) return { kind: 'reorged', transaction };
  const { required_confirmations } = transaction;
  const agreement =
    finalReceiptOf(transaction, view) === undefined
      ? undefined
      : agreesOnReceipt(view.second, receipt, required_confirmations);
  if (agreement === 'agrees') return { kind: 'final', transaction, receipt, confirmations };
  const waitingFor = holdsUp(agreement, view.second) ? 'lane' : null;
  // How much deeper than needed what is held is, is worth no write with each block.
  const wasDeep = transaction.confirmations >= required_confirmations && confirmations >= required_confirmations;
  const isSaid = wasDeep || confirmations === transaction.confirmations;
  if (isSaid && waitingFor === transaction.waiting_for) return undefined;
  return { kind: 'progress', transaction, receipt, confirmations, waitingFor };
}

/** Whether an unmined transaction is to be signed anew with its nonce. */
function dueFor(transaction: Transaction, view: ChainView, time: LaneTime): Replacement | undefined {
  const { nonce } = transaction;
  if (!awaitsBlock(transaction) || nonce === null || nonce < view.latestCount) return undefined;
  if (receiptOf(transaction, view) !== undefined) return undefined;
  return replacementOf(transaction, view.head.number, time);
}

function needsBroadcast(transaction: Transaction, view: ChainView, chain: ChainConfig, nowMs: number): boolean {
  if (!awaitsBlock(transaction)) return false;
  if (transaction.nonce !== null && transaction.nonce < view.latestCount && transaction.status === 'submitted')
    return false;
  const attempt = currentAttempt(transaction);
  if (attempt === undefined || receiptOf(transaction, view) !== undefined) return false;
  if (attempt.broadcast_at === null) return true;
  if (attempt.outcome === 'accepted') return isSilent(attempt.broadcast_at, chain, nowMs);
  return nowMs - Date.parse(attempt.broadcast_at) >= UNKNOWN_RETRY_MS;
}

/** Until the next thing can have happened: a block for what is unmined, the missing depth for what is mined. */
function waitMs(snapshot: LaneSnapshot, settlements: readonly Settlement[], chain: ChainConfig): number | undefined {
  const settled = new Map(settlements.map((settlement) => [settlement.transaction.id, settlement]));
  const waits = snapshot.inFlight.flatMap((transaction) => {
    const settlement = settled.get(transaction.id);
    if (settlement?.kind === 'final') return [];
    const block = Math.max(MIN_POLL_MS, chain.block_time_ms / 2);
    if (settlement?.kind === 'reorged' || (settlement === undefined && transaction.status !== 'mined')) return [block];
    const depth = settlement === undefined ? transaction.confirmations : settlement.confirmations;
    const missing = transaction.required_confirmations - depth;
    // Deep enough as soon as it was seen: settled in the next pass. Else only a new block can change anything.
    if (missing <= 0) return [settlement?.kind === 'mined' ? 0 : block];
    return [Math.max(block, (missing - 1) * chain.block_time_ms)];
  });
  return waits.length === 0 ? undefined : Math.min(...waits);
}
