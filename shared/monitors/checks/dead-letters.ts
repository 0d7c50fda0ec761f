import { GetQueueAttributesCommand, GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { bounded, type Check } from '../check.ts';
import { type DeadLetters, judgeDeadLetters } from '../judge-custody.ts';

const attributesSchema = z.object({
  ApproximateNumberOfMessages: z.coerce.number().int(),
  // Somebody looks at them: they are no less dead.
  ApproximateNumberOfMessagesNotVisible: z.coerce.number().int(),
});

/**
 * Watches the dead-letter queues. A call for each, and one more for its address in a process's life.
 *
 * @param queues their names
 */
export function deadLettersCheck(sqs: SQSClient, queues: readonly string[]): Check {
  const urls = new Map<string, string>();

  async function urlOf(queue: string): Promise<string> {
    const known = urls.get(queue);
    if (known !== undefined) return known;
    const { QueueUrl = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName: queue }));
    urls.set(queue, QueueUrl);
    return QueueUrl;
  }

  async function countIn(queue: string): Promise<DeadLetters> {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: await urlOf(queue),
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    const counts = attributesSchema.parse(Attributes);
    return {
      queue,
      messages: counts.ApproximateNumberOfMessages + counts.ApproximateNumberOfMessagesNotVisible,
    };
  }

  return {
    name: 'dead_letters',
    async look() {
      return bounded(judgeDeadLetters(await Promise.all(queues.map(countIn))), true);
    },
  };
}
