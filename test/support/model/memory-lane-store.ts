import { nextEntry } from '#shared/audit/audit-entry.ts';
import { auditHeadOf } from '#shared/custody/custody-state.ts';
import { SEND_BATCH } from '#shared/transactions/lane/decide.ts';
import { laneName, newLane } from '#shared/transactions/lane/lane.ts';
import { LaneRaced, type LaneStore } from '#shared/transactions/lane/lane-store.ts';
import { isFinal } from '#shared/transactions/transition.ts';
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

    claim: (stored, signed, nextNonce, keyUse, at) =>
      turn('store', () => {
        const { lane, custody } = stored;
        const slots = signed.map(({ transition: { after } }) => {
          if (after.nonce === null) throw new Error(`${after.id} was signed without a nonce`);
          return { nonce: after.nonce, id: after.id };
        });
        const after = {
          ...lane,
          next_nonce: nextNonce,
          in_flight: [...lane.in_flight, ...slots],
          version: lane.version + 1,
        };
        const { entry } = nextEntry(lane.wallet_id, auditHeadOf(custody), keyUse, at);
        ledger.commit([
          ledger.putLane(lane, after),
          ...ledger.useKey(stored, entry),
          ...signed.flatMap((item) => [...ledger.putChange(item.transition), ledger.putBytes(item)]),
        ]);
        return after;
      }),

    recordRefusal: (stored, refusal, at) =>
      turn('store', () => {
        const { entry } = nextEntry(stored.lane.wallet_id, auditHeadOf(stored.custody), refusal, at);
        ledger.commit(ledger.useKey(stored, entry));
      }),

    async apply(lane, transitions, amendments) {
      let current = lane;
      const changes: readonly Change[] = [...transitions, ...amendments];
      for (let start = 0; start < changes.length; start += CHANGES_PER_COMMIT) {
        const part = changes.slice(start, start + CHANGES_PER_COMMIT);
        const before = current;
        const leaving = new Set(part.filter(({ after }) => isFinal(after.status)).map(({ after }) => after.id));
        const inFlight = before.in_flight.filter(({ id }) => !leaving.has(id));
        const leaves = inFlight.length !== before.in_flight.length;
        const after = leaves ? { ...before, in_flight: inFlight, version: before.version + 1 } : before;
        await turn('store', () =>
          ledger.commit([
            ...(leaves ? [ledger.putLane(before, after)] : []),
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

    // The model's wallet has no policy, so nothing is ever counted anew.
    reserve: (amendment) => turn('store', () => ledger.commit(ledger.putChange(amendment))),
  };
}
