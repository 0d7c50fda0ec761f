import { GetQueueAttributesCommand, GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';

/** How many messages a queue has; approximate, as SQS says. */
export interface QueueCounts {
  /** Waiting for whoever takes them. */
  readonly visible: number;
  /** Taken, and neither removed nor given back yet. */
  readonly inFlight: number;
  /** Sent, and not to be taken before a while. */
  readonly delayed: number;
}

/** Reads how queues stand. */
export interface QueueCounter {
  /** Where a queue is. A call for each name in a process's life. */
  urlOf(name: string): Promise<string>;
  /** How many messages a queue has. */
  count(name: string): Promise<QueueCounts>;
}

const attributesSchema = z.object({
  ApproximateNumberOfMessages: z.coerce.number().int(),
  ApproximateNumberOfMessagesNotVisible: z.coerce.number().int(),
  ApproximateNumberOfMessagesDelayed: z.coerce.number().int(),
});

/** Counts by SQS itself. */
export function createQueueCounter(sqs: SQSClient): QueueCounter {
  const urls = new Map<string, string>();

  async function urlOf(name: string): Promise<string> {
    const known = urls.get(name);
    if (known !== undefined) return known;
    const { QueueUrl = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
    urls.set(name, QueueUrl);
    return QueueUrl;
  }

  return {
    urlOf,
    async count(name) {
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: await urlOf(name),
          AttributeNames: [
            'ApproximateNumberOfMessages',
            'ApproximateNumberOfMessagesNotVisible',
            'ApproximateNumberOfMessagesDelayed',
          ],
        }),
      );
      const counts = attributesSchema.parse(Attributes);
      return {
        visible: counts.ApproximateNumberOfMessages,
        inFlight: counts.ApproximateNumberOfMessagesNotVisible,
        delayed: counts.ApproximateNumberOfMessagesDelayed,
      };
    },
  };
}
