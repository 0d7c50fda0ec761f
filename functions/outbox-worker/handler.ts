import type { Context, SQSBatchResponse } from 'aws-lambda';
import { readSqsBatch } from '#shared/platform/aws/sqs-batch.ts';
import type { Clock } from '#shared/platform/clock.ts';
import { isBatch } from '#shared/platform/counted-job.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { type DeliverAllDependencies, deliverAll, type Outcome } from '#shared/platform/outbox/deliver-all.ts';
import { outboxWakeSchema } from '#shared/platform/outbox/outbox-waker.ts';

/** What the outbox worker needs. */
export interface OutboxWorkerDependencies extends DeliverAllDependencies {
  readonly clock: Clock;
}

/** Left over for answering SQS. */
const DEADLINE_MARGIN_MS = 1_000;
/** Messages that one run of the schedule takes from each shard, the oldest first: more than it has time for. */
const SCHEDULE_BATCH_PER_SHARD = 1_000;

/**
 * Makes the outbox worker. Woken by its queue, it delivers what the wakes name; woken by the schedule, everything that is
 * undelivered. A message that fails stays in the outbox and stops no other.
 */
export function createHandler(deps: OutboxWorkerDependencies) {
  return async (event: unknown, context: Context): Promise<SQSBatchResponse> => {
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    const deliver = (ids: readonly string[]) => deliverAll(deps, ids, context.awsRequestId, deadline);
    if (!isBatch(event)) {
      const outcomes = await deliver(await deps.outbox.undelivered(SCHEDULE_BATCH_PER_SHARD));
      report(deps, 'schedule', outcomes);
      return { batchItemFailures: [] };
    }
    const { messages, unreadable } = readSqsBatch(event, outboxWakeSchema);
    for (const messageId of unreadable) deps.log.write('UNREADABLE_OUTBOX_WAKE', { message_id: messageId });
    const outcomes = await deliver([...new Set(messages.flatMap(({ body }) => body.ids))]);
    report(deps, 'wake', outcomes);
    const failed = messages.filter(({ body }) => body.ids.some((id) => outcomes.get(id) === 'failed'));
    const returned = [...failed.map(({ messageId }) => messageId), ...unreadable];
    return { batchItemFailures: returned.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

function report(
  { log, metrics }: OutboxWorkerDependencies,
  cause: 'schedule' | 'wake',
  outcomes: ReadonlyMap<string, Outcome>,
): void {
  const count = (wanted: Outcome) => [...outcomes.values()].filter((outcome) => outcome === wanted).length;
  const delivered = count('delivered');
  if (delivered > 0) metrics.count('OutboxDelivered', delivered);
  if (outcomes.size > 0)
    log.write('OUTBOX_DELIVERED', { cause, delivered, gone: count('gone'), failed: count('failed') });
}
