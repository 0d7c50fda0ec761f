import type { Context, SQSBatchResponse } from 'aws-lambda';
import type { FinishedMessages } from '#shared/platform/aws/finished-messages.ts';
import type { MessageHold } from '#shared/platform/aws/message-hold.ts';
import { type ReadMessage, readSqsBatch } from '#shared/platform/aws/sqs-batch.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { driveLane } from '#shared/transactions/lane/driver.ts';
import { type Kick, kickSchema, type LaneKicker } from '#shared/transactions/lane/kick.ts';
import { laneName } from '#shared/transactions/lane/lane.ts';
import type { LaneDependencies } from '#shared/transactions/lane/lane-dependencies.ts';

/** What the lane worker needs. */
export interface LaneWorkerDependencies extends LaneDependencies {
  readonly kicker: LaneKicker;
  readonly hold: MessageHold;
  readonly finished: FinishedMessages;
}

/** Left over for storing how a run ended and for answering SQS. */
const DEADLINE_MARGIN_MS = 3_000;

/**
 * Makes the lane worker: works every lane that the batch names, each once however often it was kicked, side by side.
 * A lane that fails returns its messages to the queue; the others are done.
 */
export function createHandler(deps: LaneWorkerDependencies) {
  return async (event: unknown, context: Context): Promise<SQSBatchResponse> => {
    const { messages, unreadable } = readSqsBatch(event, kickSchema);
    for (const messageId of unreadable) deps.log.write('UNREADABLE_KICK', { message_id: messageId });
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    const lanes = byLane(messages);
    const failed = await Promise.all(
      lanes.map(async (group) => {
        const release = deps.hold.keep(group);
        const returned = await workLane(deps, group, context.awsRequestId, deadline).finally(release);
        // Until its messages are gone a lane gets no others, and the batch is not answered before its slowest lane is done.
        if (returned.length === 0 && lanes.length > 1) await deps.finished.remove(group);
        return returned;
      }),
    );
    const ids = [...failed.flat(), ...unreadable];
    return { batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

function byLane(messages: readonly ReadMessage<Kick>[]): ReadMessage<Kick>[][] {
  return [...Map.groupBy(messages, ({ body }) => laneName(body.lane)).values()];
}

/** Works one lane. Returns the messages that must come back. */
async function workLane(
  deps: LaneWorkerDependencies,
  messages: readonly ReadMessage<Kick>[],
  invocationId: string,
  deadline: Deadline,
): Promise<readonly string[]> {
  const [first] = messages;
  if (first === undefined) return [];
  const { lane, cause } = first.body;
  const log = deps.log.with({ invocation_id: invocationId, lane: laneName(lane) });
  try {
    const run = await driveLane({ ...deps, log }, lane, invocationId, deadline);
    if (run.kind === 'due') await deps.kicker.wake(lane, run.inMs);
    if (run.kind === 'unfinished') await deps.kicker.kick(lane, 'unfinished');
    log.write('LANE_RUN', {
      cause,
      kicks: messages.length,
      ended: run.kind,
      due_in_ms: run.kind === 'due' ? run.inMs : null,
    });
    return [];
  } catch (error) {
    log.write('LANE_FAILED', { error });
    deps.metrics.count('LaneRunFailed');
    return messages.map(({ messageId }) => messageId);
  }
}
