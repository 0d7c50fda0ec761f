import { createHandler } from '#functions/lane-worker/handler.ts';
import type { LaneKicker } from '#shared/transactions/lane/kick.ts';
import type { LaneKey } from '#shared/transactions/lane/lane.ts';
import { lambdaContext } from '../fakes/api-request.ts';
import { sqsEvent } from '../fakes/sqs-event.ts';
import type { InProcess } from '../in-process.ts';

/** What an invocation of the deployed function has (lib/stacks/lane-stack.ts). */
const INVOCATION_MS = 30_000;
/** A message whose worker failed comes back after its hold. */
const RETURN_MS = 6_000;
/** A lane that is not at rest after so many invocations never will be. */
const MAX_INVOCATIONS = 200;

/** The kick is in no queue: there is nothing to hold, and nothing to remove. */
const NO_MESSAGE = { keep: () => () => undefined, remove: async () => undefined };

/** A lane that was still not at rest when the work on it was given up. */
export class LaneNeverRests extends Error {}

/**
 * Works a lane as its queue and the lane worker's function do, until nothing more is due: each wake that the worker sends
 * is one more invocation, after the time it asked for.
 *
 * @param goesOn asked before each invocation after the first; false ends the work early
 * @throws LaneNeverRests
 */
export async function workLane(
  { lanes, accept }: Pick<InProcess, 'lanes' | 'accept'>,
  lane: LaneKey,
  goesOn: () => boolean = () => true,
): Promise<void> {
  let dueMs: number | undefined;
  const kicker: LaneKicker = {
    ...accept.kicker,
    async wake(key, delayMs) {
      await accept.kicker.wake(key, delayMs);
      dueMs = Math.min(dueMs ?? delayMs, delayMs);
    },
    async kick(key, cause) {
      await accept.kicker.kick(key, cause);
      dueMs = 0;
    },
  };
  const handler = createHandler({ ...lanes, kicker, hold: NO_MESSAGE, finished: NO_MESSAGE });
  for (let nth = 1; nth <= MAX_INVOCATIONS; nth += 1) {
    dueMs = undefined;
    const { batchItemFailures } = await handler(sqsEvent([{ lane, cause: 'accept' }]), lambdaContext(INVOCATION_MS));
    if (batchItemFailures.length > 0) dueMs = RETURN_MS;
    if (dueMs === undefined || !goesOn()) return;
    await lanes.sleep(dueMs);
    if (!goesOn()) return;
  }
  throw new LaneNeverRests(`${lane.address} is not at rest after ${MAX_INVOCATIONS} invocations`);
}
