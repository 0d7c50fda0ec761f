import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { Log } from '../log/logger.ts';
import type { Metrics } from '../metrics.ts';

/** A message that says: look at these of the outbox. It carries no work, so it can be lost, doubled or late without harm. */
export const outboxWakeSchema = z.object({ ids: z.array(z.string().min(1)).min(1) });

/** Wakes the outbox worker. */
export interface OutboxWaker {
  /** Says that messages were stored. Never fails: a wake that could not be sent is logged, and the schedule makes up for it. */
  wake(ids: readonly string[]): Promise<void>;
}

/** Wakes nobody: the schedule delivers. */
export const NO_WAKER: OutboxWaker = { wake: async () => undefined };

/** Wakes by SQS. */
export function createOutboxWaker(sqs: SQSClient, queueUrl: string, log: Log, metrics: Metrics): OutboxWaker {
  return {
    async wake(ids) {
      if (ids.length === 0) return;
      const wake: z.output<typeof outboxWakeSchema> = { ids: [...ids] };
      try {
        await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(wake) }));
      } catch (error) {
        log.write('OUTBOX_WAKE_NOT_SENT', { messages: ids.length, error });
        metrics.count('OutboxWakeNotSent');
      }
    },
  };
}
