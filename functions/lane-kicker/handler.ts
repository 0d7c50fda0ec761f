import type { Context, SQSBatchResponse } from 'aws-lambda';
import { readSqsBatch } from '#shared/platform/aws/sqs-batch.ts';
import type { Clock } from '#shared/platform/clock.ts';
import { isBatch } from '#shared/platform/counted-job.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import { kickSchema, type LaneKicker } from '#shared/transactions/lane/kick.ts';
import { kickOpenLanes, type OpenLanes } from '#shared/transactions/lane/kick-open-lanes.ts';

/** What the lane kicker needs. */
export interface LaneKickerDependencies {
  readonly lanes: OpenLanes;
  readonly kicker: LaneKicker;
  /** Stores the rest of batches that were left open. */
  readonly finishBatches: (deadline: Deadline) => Promise<number>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Left over for answering Lambda. */
const DEADLINE_MARGIN_MS = 2_000;

/**
 * Makes the lane kicker. Woken by the wake queue, it passes each kick on to its lane; woken by the schedule, it kicks
 * every lane that has work and stores the rest of batches that a crash left open.
 */
export function createHandler(deps: LaneKickerDependencies) {
  return async (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<SQSBatchResponse> => {
    if (!isBatch(event)) {
      const count = await kickOpenLanes(deps.lanes, deps.kicker);
      deps.log.write('LANES_KICKED', { cause: 'schedule', lanes: count });
      // After the kicks: batches that can't be finished hold up no lane.
      await deps.finishBatches(Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock));
      return { batchItemFailures: [] };
    }
    const { messages, unreadable } = readSqsBatch(event, kickSchema);
    for (const messageId of unreadable) deps.log.write('UNREADABLE_KICK', { message_id: messageId });
    await Promise.all(messages.map(({ body }) => deps.kicker.pass(body)));
    deps.log.write('LANES_KICKED', { cause: 'wake', lanes: messages.length });
    return { batchItemFailures: unreadable.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}
