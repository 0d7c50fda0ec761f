import { type AuditEntry, nextEntry } from '#shared/audit/audit-entry.ts';
import { auditHeadOf, type CustodyState } from '#shared/custody/custody-state.ts';
import { type LaneState, laneName } from '#shared/transactions/lane/lane.ts';
import type { LaneStore } from '#shared/transactions/lane/lane-store.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import { TEST_CHAIN, TEST_WALLET, unusedCustody } from '#test/support/fakes/ledger-transactions.ts';
import { createMemoryLaneStore } from './memory-lane-store.ts';
import { type Change, MemoryLedger, type Watch } from './memory-ledger.ts';
import type { Turn } from './turns.ts';

/** The lane that models work on. */
export const MODEL_LANE = { chain_id: TEST_CHAIN.chain_id, address: TEST_WALLET.address };

/** What is stored when all is done. */
export interface LedgerContents {
  readonly transactions: readonly Transaction[];
  readonly lane: LaneState | undefined;
  /** Ids in the lane's queue. */
  readonly queued: readonly string[];
  readonly custody: CustodyState;
  /** An audit stream as it is stored. */
  stream(id: string): readonly unknown[];
}

/** Tables with one lane and one wallet, behind whatever store. */
export interface LaneLedger {
  /** The lane store as one process has it. */
  storeFor(turn: Turn): LaneStore;
  enqueue(transaction: Transaction, entry: AuditEntry): void;
  /** Stores a change that somebody asked for. */
  change(change: Change): void;
  setPaused(paused: boolean): void;
  /** Revokes the wallet, with an entry on its stream, as the API does. */
  revoke(at: string): void;
  /** Whether these signed bytes are stored. */
  hasBytes(bytes: string): boolean;
  contents(): LedgerContents;
}

/** The entry that a revocation leaves on the wallet's stream. */
export function revocationOf(before: CustodyState, at: string) {
  const content = {
    action: 'wallet.revoked',
    actor: 'key_tester',
    severity: 'CRITICAL',
    request_id: 'request-3',
  } as const;
  return nextEntry(TEST_WALLET.id, auditHeadOf(before), { ...content, detail: {} }, at);
}

/** Makes tables in memory behind the fake store. */
export function createMemoryLaneLedger(watch: Watch): LaneLedger {
  const ledger = new MemoryLedger(watch);
  ledger.custody.set(TEST_WALLET.id, unusedCustody());
  const custody = (): CustodyState => ledger.custody.get(TEST_WALLET.id) ?? unusedCustody();
  return {
    storeFor: (turn) => createMemoryLaneStore(ledger, turn),
    enqueue: (transaction, entry) => ledger.enqueue(transaction, entry),
    change: (change) => ledger.commit(ledger.putChange(change)),
    setPaused: (paused) => ledger.custody.set(TEST_WALLET.id, { ...custody(), paused }),
    revoke: (at) => {
      const before = custody();
      const { entry, head } = revocationOf(before, at);
      ledger.commit([ledger.append(entry)]);
      ledger.custody.set(TEST_WALLET.id, {
        ...before,
        ...head,
        status: 'revoked',
        revoked_at: at,
        revoked_reason: 'stolen',
      });
    },
    hasBytes: (bytes) => [...ledger.bytes.values()].includes(bytes),
    contents: () => ({
      transactions: [...ledger.transactions.values()],
      lane: ledger.lanes.get(laneName(MODEL_LANE)),
      queued: ledger.queued(laneName(MODEL_LANE)),
      custody: custody(),
      stream: (id) => ledger.streams.get(id) ?? [],
    }),
  };
}
