import type { Context, SQSBatchResponse } from 'aws-lambda';
import { readSqsBatch } from '#shared/platform/aws/sqs-batch.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { webhookWakeSchema } from '#shared/webhooks/waker.ts';
import { type WorkDependencies, workEndpoint } from '#shared/webhooks/work-endpoint.ts';

/** Left over for answering SQS. */
const DEADLINE_MARGIN_MS = 1_000;
/** Endpoints that one run of the schedule takes from each shard, those that are due the longest first. */
const SCHEDULE_BATCH_PER_SHARD = 100;

/**
 * Makes the function that delivers webhooks. Woken by its queue, it works the endpoints that the wakes name; woken by the schedule, all that
 * are due. Endpoints are worked side by side, so that one that hangs delays no other; one that can't be worked is due again by itself.
 */
export function createHandler(deps: WorkDependencies) {
  return async (
    event: unknown,
    context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>,
  ): Promise<SQSBatchResponse> => {
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    const work = (ids: readonly string[]) =>
      Promise.all([...new Set(ids)].map((id) => workOne(deps, id, context.awsRequestId, deadline)));
    if (typeof event !== 'object' || event === null || !('Records' in event)) {
      await work(await deps.standings.due(deps.clock(), SCHEDULE_BATCH_PER_SHARD));
      return { batchItemFailures: [] };
    }
    const { messages, unreadable } = readSqsBatch(event, webhookWakeSchema);
    for (const messageId of unreadable) deps.log.write('WEBHOOK_WAKE_UNREADABLE', { message_id: messageId });
    await work(messages.flatMap(({ body }) => body.endpoint_ids));
    return { batchItemFailures: unreadable.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

async function workOne(deps: WorkDependencies, id: string, requestId: string, deadline: Deadline): Promise<void> {
  try {
    await workEndpoint(deps, id, requestId, deadline);
  } catch (error) {
    deps.log.write('WEBHOOK_ENDPOINT_NOT_WORKED', { endpoint_id: id, error });
    deps.metrics.count('WebhookEndpointNotWorked');
  }
}
