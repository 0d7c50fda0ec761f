import { DeleteMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Log } from '../log/logger.ts';
import type { HeldMessage } from './message-hold.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessageBatch.html */
const MAX_BATCH = 10;

/** Takes messages off a queue before the whole batch they came with is done. */
export interface FinishedMessages {
  /** Never fails: what could not be removed is removed with its batch. */
  remove(messages: readonly HeldMessage[]): Promise<void>;
}

/** Removes messages from one queue. */
export function createFinishedMessages(sqs: SQSClient, queueUrl: string, log: Log): FinishedMessages {
  return {
    async remove(messages) {
      for (let start = 0; start < messages.length; start += MAX_BATCH) {
        const Entries = messages
          .slice(start, start + MAX_BATCH)
          .map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }));
        try {
          await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
        } catch (error) {
          log.write('MESSAGES_NOT_REMOVED', { messages: Entries.length, error });
        }
      }
    },
  };
}
