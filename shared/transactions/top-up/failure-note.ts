import * as z from 'zod';
import { isoTime } from '#shared/platform/clock.ts';
import { unchangedSince } from '#shared/platform/dynamo/versions.ts';
import type { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { LowBalance } from '../lane/low-balance.ts';
import type { TopUp } from './next-top-up.ts';

/** That top-ups of a wallet on a chain fail, as was last logged: so that each minute's try is no line of its own. */
export const failureNoteSchema = z.object({
  wallet_id: z.string(),
  chain_id: z.number().int(),
  /** Which need it was for. ISO 8601, UTC. */
  opened_at: z.string(),
  /** The version of the last top-up: one that was accepted in between makes the next failure a new one. */
  after: z.number().int().nonnegative(),
  /** The code of the error, GIVEN_UP, or DISPUTED. */
  cause: z.string(),
  /** When it began. ISO 8601, UTC. */
  since: z.string(),
  /** ISO 8601, UTC. */
  logged_at: z.string(),
  version: z.number().int().positive(),
});

/** That top-ups of a wallet on a chain fail. */
export type FailureNote = z.output<typeof failureNoteSchema>;

/** A failure that lasts is logged this often: the alarm, by the metric, is on all the while. */
export const FAILURE_LOG_EVERY_MS = 60 * 60_000;

/** The row of a wallet's failing top-ups on a chain. */
export function failureNoteKey({ wallet_id, chain_id }: Pick<FailureNote, 'wallet_id' | 'chain_id'>) {
  return { pk: `BALANCE#${wallet_id}`, sk: `TOP_UP_FAILURE#${chain_id}` };
}

/**
 * What to note of a failure that is to be logged: its beginning, or that it has lasted since. Pure.
 *
 * @param before what was noted last
 * @param cause the code of the error, GIVEN_UP, or DISPUTED
 * @returns undefined when it was logged lately
 */
export function nextFailureNote(
  before: FailureNote | undefined,
  { wallet_id, chain_id, opened_at }: LowBalance,
  last: TopUp | undefined,
  cause: string,
  nowMs: number,
): FailureNote | undefined {
  const after = last?.version ?? 0;
  const isSame = before?.opened_at === opened_at && before.after === after && before.cause === cause;
  if (isSame && nowMs - Date.parse(before.logged_at) < FAILURE_LOG_EVERY_MS) return undefined;
  const at = isoTime(nowMs);
  const since = isSame ? before.since : at;
  return { wallet_id, chain_id, opened_at, after, cause, since, logged_at: at, version: (before?.version ?? 0) + 1 };
}

/**
 * Adds a note to a transaction.
 *
 * @param table the ledger table
 * @param onConflict what it means that another run noted it first
 */
export function putFailureNote(
  write: WriteTransaction,
  table: string,
  before: FailureNote | undefined,
  note: FailureNote,
  onConflict: () => Error,
): void {
  write.put(table, { ...failureNoteKey(note), ...note }, onConflict, unchangedSince(before));
}
