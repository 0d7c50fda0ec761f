import { nextEntry } from '#shared/audit/audit-entry.ts';
import { auditHeadOf } from '#shared/custody/custody-state.ts';
import { NOTHING_SPENT } from '#shared/custody/policy/spend-window.ts';
import { laneName, newLane, SEND_BATCH } from '#shared/transactions/lane/lane.ts';
import { afterChanges, withSlots } from '#shared/transactions/lane/lane-change.ts';
import { LaneRaced, type LaneStore } from '#shared/transactions/lane/lane-store.ts';
import type { Change, MemoryLedger } from './memory-ledger.ts';
import type { Turn } from './turns.ts';

/** As many changes as the real store puts into one write. */
const CHANGES_PER_COMMIT = 45;

/**
 * A lane store in memory. It reads and writes in as many separate steps as the real one, each of which waits for its
 * turn, so that others can come between a lane's row and its transactions, or between two commits.
 *
 * @param turn how this process gets to the store
 */
export function createMemoryLaneStore(ledger: MemoryLedger, turn: Turn): LaneStore {
  return {
    async load(key) {
      const { known, queue, walletId } = await turn('store', () => {
        const known = ledger.lanes.get(laneName(key));
        const queue = ledger.queued(laneName(key));
        const first = queue[0] === undefined ? undefined : ledger.transactions.get(queue[0]);
        return { known, queue: queue.slice(0, SEND_BATCH), walletId: known?.wallet_id ?? first?.wallet_id };
      });
      if (walletId === undefined || (known?.in_flight.length ?? 0) + queue.length === 0) return undefined;
      const lane = known ?? newLane(key, walletId);
      return turn('store', () => {
        const custody = ledger.custody.get(walletId);
        if (custody === undefined) throw new Error(`Wallet ${walletId} has no custody state`);
        const pick = (ids: readonly string[]) => ids.flatMap((id) => ledger.transactions.get(id) ?? []);
        return {
          lane,
          custody,
          lowBalance: ledger.lowBalance,
          inFlight: pick(lane.in_flight.map(({ id }) => id)),
          queued: pick(queue).filter(({ status }) => status === 'queued'),
        };
      });
    },

    hasQueued: (key) => turn('store', () => ledger.queued(laneName(key)).length > 0),

    signedBytes: (attempts) =>
      turn('store', () => {
        const found = attempts.flatMap(({ hash }) => {
          const bytes = ledger.bytes.get(hash);
          return bytes === undefined ? [] : [[hash, bytes] as const];
        });
        return new Map(found);
      }),

    claim: (stored, signed, keyUse, at) =>
      turn('store', () => {
        const { lane, custody } = stored;
        const changes = signed.map(({ transition }) => transition);
        const after = withSlots(lane, changes, at);
        const { entry } = nextEntry(lane.wallet_id, auditHeadOf(custody), keyUse, at);
        ledger.commit([
          ...(after === lane ? [] : [ledger.putLane(lane, after)]),
          ...ledger.useKey(stored, entry),
          ...signed.flatMap((item) => [
            ...(item.created === undefined
              ? ledger.putChange(item.transition)
              : ledger.putCreated(item.transition, item.created)),
            ledger.putBytes(item),
          ]),
        ]);
        return after;
      }),

    recordRefusal: (stored, refusal, at) =>
      turn('store', () => {
        const { entry } = nextEntry(stored.lane.wallet_id, auditHeadOf(stored.custody), refusal, at);
        ledger.commit(ledger.useKey(stored, entry));
      }),

    async apply(lane, transitions, amendments, _deadline, patch = {}) {
      let current = lane;
      const changes: readonly Change[] = [...transitions, ...amendments];
      const commits = Math.max(1, Math.ceil(changes.length / CHANGES_PER_COMMIT));
      for (let commit = 0; commit < commits; commit += 1) {
        const part = changes.slice(commit * CHANGES_PER_COMMIT, (commit + 1) * CHANGES_PER_COMMIT);
        const before = current;
        const after = afterChanges(before, part, commit === 0 ? patch : {});
        await turn('store', () =>
          ledger.commit([
            ...(after === before ? [] : [ledger.putLane(before, after)]),
            ...part.flatMap((change) => ledger.putChange(change)),
          ]),
        );
        current = after;
      }
      return current;
    },

    putLowBalance: (before, after) =>
      turn('store', () => {
        if (ledger.lowBalance?.version !== before?.version) throw new LaneRaced('the low balance');
        ledger.lowBalance = after;
      }),

    spendWindow: () => turn('store', () => NOTHING_SPENT),

    // The model's wallet has no policy, so nothing is ever counted anew.
    reserve: (amendment) => turn('store', () => ledger.commit(ledger.putChange(amendment))),
  };
}
