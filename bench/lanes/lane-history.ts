import * as z from 'zod';
import type { AuditEntry } from '#shared/audit/audit-entry.ts';
import type { AuditStore } from '#shared/audit/audit-store.ts';
import { sleep } from '#shared/platform/retry.ts';
import type { LaneKey } from '#shared/transactions/lane/lane.ts';
import type { LaneStore } from '#shared/transactions/lane/lane-store.ts';
import { CONFIRM_TIMEOUT_MS, nowMs, reasonOf, type TransferOutcome } from './contender.ts';

/** Often enough to know the end, seldom enough not to disturb: nothing is timed by it. */
const REST_POLL_MS = 250;

/** What a caller of Haven knows of a transfer that it asked for: its transaction, or why there is none. */
type AskedTransfer =
  | {
      readonly kind: 'accepted';
      readonly serial: number;
      readonly id: string;
      /** Milliseconds since the Unix epoch, as is the next. */
      readonly askedAt: number;
      readonly answeredAt: number;
    }
  | { readonly kind: 'refused'; readonly serial: number; readonly reason: string };

const minedDetail = z.object({ block_number: z.number() });

/**
 * Asks Haven for transfers all at once.
 *
 * @param ask asks for one, and answers its transaction's id
 */
export function askHaven(
  serials: readonly number[],
  ask: (serial: number) => Promise<string>,
): Promise<readonly AskedTransfer[]> {
  return Promise.all(
    serials.map(async (serial): Promise<AskedTransfer> => {
      const askedAt = nowMs();
      try {
        const id = await ask(serial);
        return { kind: 'accepted', serial, id, askedAt, answeredAt: nowMs() };
      } catch (error) {
        return { kind: 'refused', serial, reason: reasonOf(error) };
      }
    }),
  );
}

/** Waits until a lane has nothing queued and nothing in flight, or the time is up. */
export async function laneAtRest(store: LaneStore, lane: LaneKey): Promise<void> {
  const until = nowMs() + CONFIRM_TIMEOUT_MS;
  while ((await store.load(lane)) !== undefined && nowMs() < until) await sleep(REST_POLL_MS);
}

/** What became of transfers, by Haven's own history of each: the audit stream of its transaction. */
export function outcomesByHistory(
  audit: AuditStore,
  asked: readonly AskedTransfer[],
): Promise<readonly TransferOutcome[]> {
  return Promise.all(
    asked.map(async (transfer): Promise<TransferOutcome> => {
      const { serial } = transfer;
      if (transfer.kind === 'refused') return { kind: 'failed', serial, reason: transfer.reason };
      const entries = await audit.entries(transfer.id);
      const is = (action: string) => (entry: AuditEntry) => entry.action === `transaction.${action}`;
      const queued = entries.find(is('queued'));
      const mined = entries.findLast(is('mined'));
      const confirmed = entries.findLast(is('confirmed'));
      // A node that took it without saying so is known to have it when it is mined.
      const submitted = entries.find(is('submitted')) ?? mined;
      if (queued === undefined || submitted === undefined || mined === undefined || confirmed === undefined) {
        return { kind: 'failed', serial, reason: `${transfer.id} ends with ${entries.at(-1)?.action ?? 'no history'}` };
      }
      const times = {
        askedAt: transfer.askedAt,
        acceptedAt: Date.parse(queued.at),
        answeredAt: transfer.answeredAt,
        broadcastAt: Date.parse(submitted.at),
        confirmedAt: Date.parse(confirmed.at),
        blockNumber: minedDetail.parse(mined.detail).block_number,
      };
      return { kind: 'confirmed', serial, times };
    }),
  );
}
