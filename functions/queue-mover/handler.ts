import type { Context } from 'aws-lambda';
import { Deadline } from '#shared/platform/deadline.ts';
import { type LookDependencies, lookAtQueues } from '#shared/queues/look-at-queues.ts';
import { MOVES_FOR_MS, moverRequestSchema, type QueueStand } from '#shared/queues/mover-protocol.ts';
import type { Redriven } from '#shared/queues/redrive.ts';
import { type RedriveQueueDependencies, redriveQueue } from '#shared/queues/redrive-queue.ts';

/** What the queue mover needs. */
export type QueueMoverDependencies = LookDependencies & RedriveQueueDependencies;

/** Left over for letting go of letters, and Lambda's own end. */
const DEADLINE_MARGIN_MS = 3_000;

/** Makes the queue mover: the operations API asks it how queues stand, and to redrive one. What it can't read it throws at. */
export function createHandler(deps: QueueMoverDependencies) {
  return async (
    event: unknown,
    context: Pick<Context, 'getRemainingTimeInMillis'>,
  ): Promise<readonly QueueStand[] | Redriven> => {
    const request = moverRequestSchema.parse(event);
    if (request.ask === 'look') return lookAtQueues(deps, request.queues);
    const timeMs = Math.min(MOVES_FOR_MS, context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS);
    return redriveQueue(deps, request.queue, Deadline.in(timeMs, deps.clock));
  };
}
