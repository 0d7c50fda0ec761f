import type { Receipt } from '#shared/platform/chain/chain-client.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { currentAttempt, type Transaction } from '../transaction.ts';
import { type ChainView, finalReceiptOf, judgeStranger, receiptOf } from './chain-view.ts';
import { type LaneState, MAX_FOREIGN } from './lane.ts';
import { type LanePatch, withForeign } from './lane-change.ts';
import { type LaneTime, laneTime } from './lane-time.ts';
import type { NonceUse } from './nonce-use.ts';
import { freeNonces, judgeGap, ownNextNonce } from './nonces.ts';
import { type Replacement, replacementOf } from './replacement.ts';
import { agreesOnFree, agreesOnReceipt, agreesOnUsed } from './second-opinion.ts';

/** Transactions that one commit signs: at most 5 items each, and 100 items is what a DynamoDB transaction takes. */
export const SEND_BATCH = 10;

/**
 * Transactions of a lane that are signed and not final, mined ones included: all of them are read in every look. Bounds
 * what a look costs where blocks are fast and finality is deep.
 */
const MAX_TRACKED = 256;

/** Unseen for this many block times, the signed bytes are handed to the node again: it may have dropped them. */
const SILENT_BLOCKS = 10;
/** After an answer that says nothing, the bytes are handed over again this soon. */
const UNKNOWN_RETRY_MS = 2_000;
/** A look that shows less than is known was most often answered by a node that lags: another may answer the next. */
const STALE_VIEW_MS = 500;
/** Looking at the chain more often than this learns nothing. */
const MIN_POLL_MS = 250;

/** What the driver knows of a lane: from one consistent read. */
export interface LaneSnapshot {
  readonly lane: LaneState;
  /** Signed and not final, by nonce. */
  readonly inFlight: readonly Transaction[];
  /** The oldest queued ones. */
  readonly queued: readonly Transaction[];
}

/** What became of a transaction on chain. */
export type Settlement =
  | {
      readonly kind: 'mined';
      readonly transaction: Transaction;
      readonly receipt: Receipt;
      readonly confirmations: number;
    }
  | {
      readonly kind: 'progress';
      readonly transaction: Transaction;
      readonly receipt: Receipt;
      readonly confirmations: number;
    }
  | { readonly kind: 'reorged'; readonly transaction: Transaction }
  | {
      readonly kind: 'final';
      readonly transaction: Transaction;
      readonly receipt: Receipt;
      readonly confirmations: number;
    };

/** A transaction whose nonce a stranger has for good. */
export interface Displacement {
  readonly transaction: Transaction;
  readonly use: NonceUse;
}

/** One thing to do, in the order in which the list has them: recover, confirm, send. */
export type LaneAction =
  | { readonly type: 'broadcast'; readonly transactions: readonly Transaction[] }
  | { readonly type: 'settle'; readonly settlements: readonly Settlement[] }
  | { readonly type: 'displace'; readonly displacements: readonly Displacement[] }
  /** Facts about the lane that a later look needs. */
  | { readonly type: 'remember'; readonly patch: LanePatch }
  | { readonly type: 'expire'; readonly transactions: readonly Transaction[] }
  | {
      readonly type: 'replace';
      readonly replacements: readonly Replacement[];
      /** Those of them that are to be handed over again when they can't be replaced. */
      readonly unheard: readonly Transaction[];
      readonly unmined: readonly Transaction[];
    }
  | {
      readonly type: 'send';
      readonly transactions: readonly Transaction[];
      /** The nonces they get, in their order. */
      readonly nonces: readonly number[];
      /** In flight and in no block of the view: their cost is still to come, and simulations depend on them. */
      readonly unmined: readonly Transaction[];
    }
  /** Use up free nonces below one that is in flight, by transactions that send nothing. */
  | { readonly type: 'fill'; readonly nonces: readonly number[] }
  | { readonly type: 'wait'; readonly forMs: number };

/**
 * What is to be signed anew now: what is no longer wanted first, because its no-op may pass the cap where others, that can't
 * be replaced yet, would hold its place for ever.
 *
 * @returns with the ids of all that is not to be handed over as it is: what is unwanted is left out even where its turn has not come
 */
function dueOf(snapshot: LaneSnapshot, view: ChainView, time: LaneTime) {
  const all = snapshot.inFlight.flatMap((transaction) => dueFor(transaction, view, time) ?? []);
  const unwanted = all.filter(({ cause }) => cause === 'unwanted');
  const due = [...unwanted, ...all.filter(({ cause }) => cause !== 'unwanted')].slice(0, SEND_BATCH);
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
  const { due, dueIds } = dueOf(snapshot, view, time);
  const strangers = strangersOf(snapshot, view);
  const again = silent.filter(({ id }) => !dueIds.has(id) && !strangers.displaced.has(id));
  if (again.length > 0) actions.push({ type: 'broadcast', transactions: again });

  const settlements = snapshot.inFlight.flatMap((transaction) => settlementOf(transaction, view) ?? []);
  if (settlements.length > 0) actions.push({ type: 'settle', settlements });
  actions.push(...strangers.actions);

  const expired = snapshot.queued.filter((transaction) => isExpired(transaction, time.agreedMs));
  if (expired.length > 0) actions.push({ type: 'expire', transactions: expired });

  const unmined = unminedOf(snapshot, view, settlements);
  if (due.length > 0) {
    const silentIds = new Set(silent.map(({ id }) => id));
    const unheard = due.map(({ transaction }) => transaction).filter(({ id }) => silentIds.has(id));
    actions.push({ type: 'replace', replacements: due, unheard, unmined });
  }
  const sending = sendingOf(snapshot, view, chain, unmined, time);
  const patch = { ...passedBy(snapshot, view, nowMs), ...strangers.patch, ...sending.patch };
  if (Object.keys(patch).length > 0) actions.push({ type: 'remember', patch });
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

/** A part of a decision. */
interface Part {
  readonly actions: readonly LaneAction[];
  /** What is to be remembered of the lane. */
  readonly patch?: LanePatch;
  readonly waitMs?: number;
}

/** What to do about nonces that strangers used. */
function strangersOf(
  { lane, inFlight }: LaneSnapshot,
  view: ChainView,
): Part & { readonly displaced: ReadonlySet<string> } {
  const verdicts = inFlight.map((transaction) => ({ transaction, verdict: judgeStranger(transaction, view) }));
  const displacements = verdicts.flatMap(({ transaction, verdict }) =>
    verdict.kind === 'final' ? [{ transaction, use: verdict.use }] : [],
  );
  const [unexplained = null] = verdicts.flatMap(({ verdict }) =>
    verdict.kind === 'unexplained' ? [verdict.nonce] : [],
  );
  return {
    actions: displacements.length > 0 ? [{ type: 'displace', displacements }] : [],
    displaced: new Set(displacements.map(({ transaction }) => transaction.id)),
    ...(unexplained === lane.unexplained ? {} : { patch: { unexplained } }),
  };
}

/** Nonces above all of the lane's own that the chain has used: the key is in use elsewhere. */
function passedBy({ lane }: LaneSnapshot, view: ChainView, nowMs: number): LanePatch {
  if (lane.next_nonce === null) return {};
  const own = ownNextNonce(lane);
  if (view.latestCount <= own || isCountDoubtful(lane, view)) return {};
  const first = Math.max(own, view.latestCount - MAX_FOREIGN);
  const at = isoTime(nowMs);
  const uses = Array.from({ length: view.latestCount - first }, (_, index) => ({
    nonce: first + index,
    hash: null,
    transaction_id: null,
    at,
  }));
  return { foreign: withForeign(lane, uses), next_nonce: view.latestCount };
}

/** Whether the chain has used nonces that the lane never gave, by one endpoint's word alone. */
function isCountDoubtful(lane: LaneSnapshot['lane'], { second, latestCount, head }: ChainView): boolean {
  return latestCount > ownNextNonce(lane) && agreesOnUsed(second, latestCount, head.number) !== 'agrees';
}

/** What to give nonces to, and which. */
function sendingOf(
  { lane, queued }: LaneSnapshot,
  view: ChainView,
  chain: ChainConfig,
  unmined: readonly Transaction[],
  { latestMs }: LaneTime,
): Part {
  const verdict = judgeGap(lane, view, chain.required_confirmations);
  // After that only a new block can tell more.
  const doubt = { actions: [], waitMs: Math.max(MIN_POLL_MS, chain.block_time_ms / 2) };
  if (verdict.kind === 'new') return { ...doubt, patch: { gap: verdict.gap }, waitMs: STALE_VIEW_MS };
  // What such a view says of balances and simulations is not to be acted on either.
  if (verdict.kind === 'doubtful' || isCountDoubtful(lane, view)) return doubt;

  const proven = verdict.kind === 'proven' ? verdict.holes : [];
  const [lowest] = proven;
  if (verdict.kind === 'proven' && lowest !== undefined) {
    if (agreesOnFree(view.second, lowest, verdict.provenAtBlock) !== 'agrees') return doubt;
  }
  // It was a late look after all: the next gap has to be proven anew.
  const seenThrough = verdict.kind === 'none' && lane.gap !== null ? { patch: { gap: null } } : {};
  const room = Math.min(SEND_BATCH, chain.in_flight_cap - unmined.length, MAX_TRACKED - lane.in_flight.length);
  const sendable = queued.filter((transaction) => !isExpired(transaction, latestMs)).slice(0, Math.max(0, room));
  const [first] = sendable;
  const last = lane.in_flight.at(-1)?.nonce ?? -1;
  const blocking = proven.filter((nonce) => nonce < last).slice(0, SEND_BATCH);
  // What is held can't fill the gap, and must not hold up what is signed already.
  if (blocking.length > 0 && (first === undefined || first.waiting_for !== null)) {
    return { ...doubt, actions: [{ type: 'fill', nonces: blocking }] };
  }
  if (first !== undefined) {
    const nonces = freeNonces(lane, view, proven, sendable.length);
    return { actions: [{ type: 'send', transactions: sendable, nonces, unmined }], ...seenThrough };
  }
  // Nothing waits behind the gap: the counter goes back to what the chain says.
  if (proven.length === 0) return { actions: [], ...seenThrough };
  return { actions: [], patch: { next_nonce: Math.max(view.latestCount, last + 1), gap: null } };
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
  if (transaction.status === 'submitted' || transaction.status === 'signed')
    return { kind: 'mined', transaction, receipt, confirmations };
  if (transaction.status !== 'mined') return undefined;
  if (receipt.blockHash !== transaction.block_hash) return { kind: 'reorged', transaction };
  const { required_confirmations } = transaction;
  const isFinal =
    finalReceiptOf(transaction, view) !== undefined &&
    agreesOnReceipt(view.second, receipt, required_confirmations) === 'agrees';
  if (isFinal) return { kind: 'final', transaction, receipt, confirmations };
  return confirmations === transaction.confirmations
    ? undefined
    : { kind: 'progress', transaction, receipt, confirmations };
}

/** Whether an unmined transaction is to be signed anew with its nonce. */
function dueFor(transaction: Transaction, view: ChainView, time: LaneTime): Replacement | undefined {
  const { status, nonce } = transaction;
  const isOpen = status === 'signed' || status === 'submitted';
  if (!isOpen || nonce === null || nonce < view.latestCount || receiptOf(transaction, view) !== undefined)
    return undefined;
  return replacementOf(transaction, view.head.number, time);
}

function needsBroadcast(transaction: Transaction, view: ChainView, chain: ChainConfig, nowMs: number): boolean {
  if (transaction.status !== 'signed' && transaction.status !== 'submitted') return false;
  if (transaction.nonce !== null && transaction.nonce < view.latestCount && transaction.status === 'submitted')
    return false;
  const attempt = currentAttempt(transaction);
  if (attempt === undefined || receiptOf(transaction, view) !== undefined) return false;
  if (attempt.broadcast_at === null) return true;
  const silentForMs = nowMs - Date.parse(attempt.broadcast_at);
  return silentForMs >= (attempt.outcome === 'accepted' ? SILENT_BLOCKS * chain.block_time_ms : UNKNOWN_RETRY_MS);
}

/**
 * Whether the time has passed until which a transaction may be signed.
 *
 * @param nowMs one of the times of `LaneTime`
 */
export function isExpired(transaction: Transaction, nowMs: number): boolean {
  return transaction.valid_until !== null && Date.parse(transaction.valid_until) <= nowMs;
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
