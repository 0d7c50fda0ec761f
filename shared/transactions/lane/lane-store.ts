import type { Alert } from '#shared/alerts/alert.ts';
import type { AuditContent, AuditEntry } from '#shared/audit/audit-entry.ts';
import type { CustodyState } from '#shared/custody/custody-state.ts';
import type { StoredPolicy } from '#shared/custody/policy/policy.ts';
import type { SpendChange } from '#shared/custody/policy/spend-change.ts';
import type { SpendWindow } from '#shared/custody/policy/spend-window.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { Transition } from '../transition.ts';
import type { LaneKey, LaneState } from './lane.ts';
import type { LaneSnapshot } from './lane-action.ts';
import type { LanePatch } from './lane-change.ts';
import type { LowBalance } from './low-balance.ts';

/** Another driver changed the lane since it was read: nothing was written, and the lane must be read again. */
export class LaneRaced extends Error {
  constructor(what: string) {
    super(`Raced on ${what}`);
    this.name = 'LaneRaced';
  }
}

/** Everything stored about a lane that has work. */
export interface StoredLane extends LaneSnapshot {
  readonly custody: CustodyState;
  /** What its wallet may do; undefined: it has never been given a policy. */
  readonly policy?: StoredPolicy | undefined;
  /** Whether it has run low on this chain; undefined: it never has. */
  readonly lowBalance?: LowBalance | undefined;
}

/** A transaction that was just signed. */
export interface SignedTransition {
  readonly transition: Transition;
  readonly hash: string;
  /** The signed bytes, hex. */
  readonly signed: string;
  /** The first entry of its stream, when the lane itself made the transaction: it is stored for the first time. */
  readonly created?: AuditEntry;
}

/** Reads and changes lanes. Every change is one DynamoDB transaction, conditional on what was read; a lost race throws LaneRaced. */
export interface LaneStore {
  /** The lane and its open transactions, strongly consistent; undefined when it has none. Two reads. */
  load(key: LaneKey): Promise<StoredLane | undefined>;
  /** Whether anything is queued. One small read. */
  hasQueued(key: LaneKey): Promise<boolean>;
  /** Signed bytes by hash. */
  signedBytes(
    attempts: readonly { readonly id: string; readonly hash: string }[],
  ): Promise<ReadonlyMap<string, string>>;
  /**
   * Consumes nonces, or signs anew with those that were consumed: the lane's counter, every transaction's new state, its
   * signed bytes and its place in the queue, what all of it takes of the daily limit, and the record that the key was
   * used, at once (invariant 2). Fails when the wallet was paused or revoked, or the limit has no room any more.
   *
   * @returns the lane after it
   */
  claim(
    stored: StoredLane,
    signed: readonly SignedTransition[],
    keyUse: AuditContent,
    at: string,
    deadline: Deadline,
  ): Promise<LaneState>;
  /** Records on the wallet's stream that its key was asked for and could not be used. */
  recordRefusal(stored: StoredLane, refusal: AuditContent, at: string, deadline: Deadline): Promise<void>;
  /**
   * Writes state changes, and changes of facts that are none. Final ones leave the lane, and so do those that go back to
   * the queue.
   *
   * @param patch what changes of the lane besides, in the first of the writes
   * @param alerts what operators are to hear of it, in the first of the writes
   * @returns the lane after it
   */
  apply(
    lane: LaneState,
    transitions: readonly Transition[],
    amendments: readonly Omit<Transition, 'entry'>[],
    deadline: Deadline,
    patch?: LanePatch,
    alerts?: readonly Alert[],
  ): Promise<LaneState>;
  /**
   * Counts a queued transaction against daily limits anew, and notes on it by which version of the policy.
   *
   * @throws OverDailyLimit when a limit doesn't allow it; then nothing was written
   */
  reserve(
    amendment: Omit<Transition, 'entry'>,
    changes: readonly SpendChange[],
    nowMs: number,
    deadline: Deadline,
  ): Promise<void>;
  /** What counts against a wallet's daily limit on an asset. One read. */
  spendWindow(walletId: string, asset: string): Promise<SpendWindow>;
  /**
   * Stores that the wallet runs low on the lane's chain, or no longer does.
   *
   * @param alert what operators are to hear of it
   */
  putLowBalance(
    before: LowBalance | undefined,
    after: LowBalance,
    deadline: Deadline,
    alert?: Alert | undefined,
  ): Promise<void>;
}
