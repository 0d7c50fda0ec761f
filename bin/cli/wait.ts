import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Caller } from '#shared/client/client.ts';
import type { Clock } from '#shared/platform/clock.ts';
import { getTransactionRoute } from '#shared/transactions/routes.ts';
import type { TypedRequest } from './arguments.ts';
import { EXIT } from './exit-codes.ts';
import type { Screen } from './run-command.ts';
import { renderFields } from './table.ts';

/** A block's time on most chains is more; an own key may ask far more often. */
const POLL_MS = 1_000;
/** Ten minutes: a transaction that takes longer is one that somebody should look at. */
const WAIT_SECONDS = 600;
const ENDS: ReadonlySet<string> = new Set(['confirmed', 'reverted', 'failed', 'cancelled', 'expired']);

/**
 * `haven transactions wait <id>`: shows where a transaction stands, until it has ended.
 *
 * @returns 0: confirmed; 1: it ended otherwise; 2: it has not ended in time
 */
export async function waitForTransaction(
  request: TypedRequest,
  caller: Caller,
  { output }: Screen,
  clock: Clock,
): Promise<number> {
  const { id } = z.object({ id: z.string() }).parse(request.params);
  const endMs = clock() + 1_000 * (request.options['timeout-seconds'] ?? WAIT_SECONDS);
  let shown = '';
  for (;;) {
    const transaction = await caller.call(getTransactionRoute, { params: { id } });
    const { status, confirmations, required_confirmations, waiting_for } = transaction;
    const why = waiting_for === null ? '' : `, waits for ${waiting_for}`;
    const standing = `${status}${status === 'mined' ? ` ${confirmations}/${required_confirmations}` : ''}${why}`;
    if (standing !== shown) output.progress(standing);
    shown = standing;
    if (ENDS.has(status)) {
      if (request.options.json) output.print(JSON.stringify(transaction, undefined, 2));
      else for (const line of renderFields(transaction)) output.print(line);
      return status === 'confirmed' ? EXIT.done : EXIT.refused;
    }
    if (clock() >= endMs) {
      output.say(`It is still ${standing}. Nothing was given up: only the waiting.`);
      return EXIT.unknown;
    }
    await sleep(POLL_MS);
  }
}
