import * as z from 'zod';
import type { AuditStore } from '#shared/audit/audit-store.ts';
import type { LaneKey } from '#shared/transactions/lane/lane.ts';
import type { LaneStore } from '#shared/transactions/lane/lane-store.ts';
import type { TransferTimes } from './contender.ts';

/** A hundred transfers take some ten seconds on a slow day; longer means that they hang. */
const REST_TIMEOUT_MS = 90_000;
/** Often enough to know the end, seldom enough not to disturb: nothing is timed by it. */
const REST_POLL_MS = 250;

/** When a transfer was asked for and answered, and which transaction it became. */
export interface AskedTransfer {
  readonly id: string;
  readonly askedAt: number;
  readonly answeredAt: number;
}

const minedDetail = z.object({ block_number: z.number() });

/**
 * Waits until a lane has nothing queued and nothing in flight.
 *
 * @throws Error when it never does
 */
export async function laneAtRest(store: LaneStore, lane: LaneKey): Promise<void> {
  const until = Date.now() + REST_TIMEOUT_MS;
  while ((await store.load(lane)) !== undefined) {
    if (Date.now() > until) throw new Error(`The lane of ${lane.address} did not come to rest`);
    await new Promise((resolve) => setTimeout(resolve, REST_POLL_MS));
  }
}

/**
 * When what happened to transfers, by Haven's own history of each: the audit stream of its transaction.
 *
 * @throws Error when one of them was not confirmed
 */
export function timesByHistory(
  audit: AuditStore,
  transfers: readonly AskedTransfer[],
): Promise<readonly TransferTimes[]> {
  return Promise.all(
    transfers.map(async ({ id, askedAt, answeredAt }) => {
      const entries = await audit.entries(id);
      const of = (action: string) => {
        const entry = entries.findLast((candidate) => candidate.action === action);
        if (entry === undefined) throw new Error(`${id} has no ${action} in its history`);
        return entry;
      };
      const timeOf = (action: string) => Date.parse(of(action).at);
      return {
        askedAt,
        acceptedAt: timeOf('transaction.queued'),
        answeredAt,
        broadcastAt: timeOf('transaction.submitted'),
        confirmedAt: timeOf('transaction.confirmed'),
        blockNumber: minedDetail.parse(of('transaction.mined').detail).block_number,
      };
    }),
  );
}
