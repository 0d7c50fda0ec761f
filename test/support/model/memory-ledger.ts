import type { AuditEntry } from '#shared/audit/audit-entry.ts';
import { type CustodyState, maySignTransactions } from '#shared/custody/custody-state.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { type LaneState, laneName } from '#shared/transactions/lane/lane.ts';
import { LaneRaced, type SignedTransition, type StoredLane } from '#shared/transactions/lane/lane-store.ts';
import type { LowBalance } from '#shared/transactions/lane/low-balance.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import type { Transition } from '#shared/transactions/transition.ts';

/** A state change, or a change of facts that is none. */
export type Change = Omit<Transition, 'entry'> & { readonly entry?: AuditEntry };

/** Told of every change of a transaction, once it is stored. */
export type Watch = (before: Transaction | undefined, after: Transaction) => void;

/** One part of a write that happens wholly or not at all. */
export interface Step {
  readonly holds: boolean;
  readonly conflict: () => Error;
  readonly write: () => void;
}

/**
 * What the ledger and audit tables hold of lanes, in memory, under the same conditions: each method returns the steps
 * of a write, `commit` does them all or none.
 */
export class MemoryLedger {
  readonly transactions = new Map<string, Transaction>();
  readonly lanes = new Map<string, LaneState>();
  /** Places in the queues, by the lane's name. */
  readonly queues = new Map<string, Set<string>>();
  /** Signed bytes by hash. */
  readonly bytes = new Map<string, string>();
  readonly custody = new Map<string, CustodyState>();
  readonly streams = new Map<string, AuditEntry[]>();
  /** Whether the model's wallet has run low. */
  lowBalance: LowBalance | undefined;
  readonly #watch: Watch;

  constructor(watch: Watch) {
    this.#watch = watch;
  }

  /** Does all steps, or throws the first conflict and does none. */
  commit(steps: readonly Step[]): void {
    const failed = steps.find(({ holds }) => !holds);
    if (failed !== undefined) throw failed.conflict();
    for (const { write } of steps) write();
  }

  /** Stores an accepted transaction with its place in the queue. */
  enqueue(transaction: Transaction, entry: AuditEntry): void {
    this.transactions.set(transaction.id, transaction);
    this.#queueOf(transaction).add(transaction.id);
    this.commit([this.append(entry)]);
    this.#watch(undefined, transaction);
  }

  /** The ids in a lane's queue, oldest first. */
  queued(lane: string): readonly string[] {
    return [...(this.queues.get(lane) ?? [])].sort();
  }

  /** A lane's new state, provided that nobody changed it. */
  putLane(before: LaneState, after: LaneState): Step {
    const version = this.lanes.get(laneName(before))?.version ?? 0;
    return {
      holds: version === before.version,
      conflict: () => new LaneRaced('the lane'),
      write: () => this.lanes.set(laneName(after), after),
    };
  }

  /** The use of a key, provided that it may sign and that nobody used it meanwhile. */
  useKey(stored: StoredLane, entry: AuditEntry): Step[] {
    const { wallet_id: walletId } = stored.lane;
    const now = this.custody.get(walletId);
    const after = { ...stored.custody, audit_seq: entry.seq, audit_hash: entry.hash };
    return [
      {
        holds:
          now !== undefined &&
          maySignTransactions(now) &&
          now.status === stored.custody.status &&
          now.audit_seq === stored.custody.audit_seq,
        conflict: () => new LaneRaced('the custody state'),
        write: () => this.custody.set(walletId, after),
      },
      this.append(entry),
    ];
  }

  /** A transaction's change, provided that it still is what the change was computed from. */
  putChange({ before, after, entry }: Change): Step[] {
    const now = this.transactions.get(before.id);
    const queue = this.#queueOf(before);
    const leaves = before.status === 'queued' && after.status !== 'queued';
    const returns = before.status !== 'queued' && after.status === 'queued';
    return [
      {
        holds: now?.version === before.version && now.status === before.status,
        conflict: () => new LaneRaced(before.id),
        write: () => {
          this.transactions.set(after.id, after);
          this.#watch(now, after);
        },
      },
      ...(leaves
        ? [
            {
              holds: queue.has(before.id),
              conflict: () => new LaneRaced(`the queue of ${before.id}`),
              write: () => queue.delete(before.id),
            },
          ]
        : []),
      ...(returns
        ? [
            {
              holds: !queue.has(after.id),
              conflict: () => new LaneRaced(`the queue of ${after.id}`),
              write: () => queue.add(after.id),
            },
          ]
        : []),
      ...(entry === undefined ? [] : [this.append(entry)]),
    ];
  }

  /** A transaction that the lane itself made, provided that there is none with its id. */
  putCreated({ after, entry }: Transition, created: AuditEntry): Step[] {
    return [
      {
        holds: !this.transactions.has(after.id),
        conflict: () => new LaneRaced(after.id),
        write: () => {
          this.transactions.set(after.id, after);
          this.#watch(undefined, after);
        },
      },
      this.append(created),
      this.append(entry),
    ];
  }

  /** Signed bytes, provided that there are none under that hash. */
  putBytes({ hash, signed }: SignedTransition): Step {
    return {
      holds: !this.bytes.has(hash),
      conflict: () => new LaneRaced('signed bytes'),
      write: () => this.bytes.set(hash, signed),
    };
  }

  /** An audit entry, provided that its place in the stream is free. */
  append(entry: AuditEntry): Step {
    const stream = this.streams.get(entry.stream) ?? [];
    return {
      holds: !stream.some(({ seq }) => seq === entry.seq),
      conflict: () => new HavenError('WRITE_CONFLICT', 'Another change was recorded first; try again'),
      write: () => this.streams.set(entry.stream, [...(this.streams.get(entry.stream) ?? []), entry]),
    };
  }

  #queueOf({ chain_id, from }: Transaction): Set<string> {
    const name = laneName({ chain_id, address: from });
    const queue = this.queues.get(name) ?? new Set();
    this.queues.set(name, queue);
    return queue;
  }
}
