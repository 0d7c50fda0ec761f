import type { BlockHead, Receipt } from '#shared/platform/chain/chain-client.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { currentAttempt, type Transaction } from '../transaction.ts';
import type { LaneState } from './lane.ts';

/** Transactions that one commit signs: 4 items each, and 100 items is what a DynamoDB transaction takes. */
export const SEND_BATCH = 10;

/** Unseen for this many block times, the signed bytes are handed to the node again: it may have dropped them. */
const SILENT_BLOCKS = 10;
/** After an answer that says nothing, the bytes are handed over again this soon. */
const UNKNOWN_RETRY_MS = 2_000;
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

/** What the chain says about a lane, all at one head. */
export interface ChainView {
  readonly head: BlockHead;
  /** All nonces below are used in the latest block's state. */
  readonly latestCount: number;
  /** Receipts over all hashes ever signed for the nonces below the count. */
  readonly receipts: ReadonlyMap<string, Receipt>;
  /** Hashes of canonical blocks, for the numbers that the receipts name. */
  readonly canonicalHashes: ReadonlyMap<number, string>;
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

/** One thing to do, in the order in which the list has them: recover, confirm, send. */
export type LaneAction =
  | { readonly type: 'broadcast'; readonly transactions: readonly Transaction[] }
  | { readonly type: 'settle'; readonly settlements: readonly Settlement[] }
  | { readonly type: 'report_foreign'; readonly transactions: readonly Transaction[] }
  | { readonly type: 'expire'; readonly transactions: readonly Transaction[] }
  | {
      readonly type: 'send';
      readonly transactions: readonly Transaction[];
      readonly firstNonce: number;
      /** In flight and in no block of the view: their cost is still to come, and simulations depend on them. */
      readonly unmined: readonly Transaction[];
    }
  | { readonly type: 'wait'; readonly forMs: number };

/**
 * What to do next on a lane: a pure function of what is stored, what the chain says, and the time. Ends with a `wait`
 * while anything is in flight; an empty list means that the lane is at rest.
 *
 * @param nowMs milliseconds since the Unix epoch
 */
export function decide(snapshot: LaneSnapshot, view: ChainView, chain: ChainConfig, nowMs: number): LaneAction[] {
  const actions: LaneAction[] = [];
  const silent = snapshot.inFlight.filter((transaction) => needsBroadcast(transaction, view, chain, nowMs));
  if (silent.length > 0) actions.push({ type: 'broadcast', transactions: silent });

  const settlements = snapshot.inFlight.flatMap((transaction) => settlementOf(transaction, view) ?? []);
  if (settlements.length > 0) actions.push({ type: 'settle', settlements });

  const foreign = snapshot.inFlight.filter((transaction) => isForeign(transaction, view, chain, nowMs));
  if (foreign.length > 0) actions.push({ type: 'report_foreign', transactions: foreign });

  const expired = snapshot.queued.filter((transaction) => isExpired(transaction, nowMs));
  if (expired.length > 0) actions.push({ type: 'expire', transactions: expired });

  const sendable = snapshot.queued.filter((transaction) => !isExpired(transaction, nowMs));
  const unmined = unminedOf(snapshot, view, settlements);
  const room = Math.min(SEND_BATCH, chain.in_flight_cap - unmined.length);
  if (sendable.length > 0 && room > 0 && !isBehind(snapshot, view, unmined)) {
    const firstNonce = Math.max(snapshot.lane.next_nonce ?? 0, view.latestCount);
    actions.push({ type: 'send', transactions: sendable.slice(0, room), firstNonce, unmined });
  }

  const forMs = waitMs(snapshot, settlements, chain);
  if (forMs !== undefined) actions.push({ type: 'wait', forMs });
  return actions;
}

/**
 * Whether the view is older than what the lane has seen: nonces that it knows to be used, by transactions that are
 * final, are not used there. What such a view says of balances and simulations is not to be acted on.
 */
function isBehind({ lane }: LaneSnapshot, view: ChainView, unmined: readonly Transaction[]): boolean {
  return (lane.next_nonce ?? 0) > view.latestCount + unmined.length;
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

/** The receipt of whichever of a transaction's hashes is in a canonical block. */
function receiptOf(transaction: Transaction, view: ChainView): Receipt | undefined {
  for (const attempt of transaction.attempts) {
    const receipt = view.receipts.get(attempt.hash);
    // A receipt whose block is not the canonical one at its height is from a fork the node has not let go of yet.
    if (receipt !== undefined && view.canonicalHashes.get(receipt.blockNumber) === receipt.blockHash) return receipt;
  }
  return undefined;
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
  if (confirmations >= transaction.required_confirmations)
    return { kind: 'final', transaction, receipt, confirmations };
  return confirmations === transaction.confirmations
    ? undefined
    : { kind: 'progress', transaction, receipt, confirmations };
}

/**
 * The nonce is used on chain, and by none of the hashes that Haven signed for it. Believed only after a while: a node
 * may know the count before it knows the receipt.
 */
function isForeign(transaction: Transaction, view: ChainView, chain: ChainConfig, nowMs: number): boolean {
  const broadcastAt = currentAttempt(transaction)?.broadcast_at;
  return (
    transaction.nonce !== null &&
    transaction.status === 'submitted' &&
    transaction.nonce < view.latestCount &&
    typeof broadcastAt === 'string' &&
    nowMs - Date.parse(broadcastAt) >= SILENT_BLOCKS * chain.block_time_ms &&
    receiptOf(transaction, view) === undefined
  );
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

/** Whether a transaction may no longer be signed. */
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
